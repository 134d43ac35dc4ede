// Scores of items for histories, in blocks of bounded memory. Evaluation and recommendation are built on these.
export { asScorer, blockSize, modelScorer, type RankedScores, type Scorer, scorerOfAllItems } from './scorer.js';
