// Numbers that sections show: the data in bins, results compared, scores in bins, vectors in two dimensions. Nothing here draws.
export { type Comparison, compareResults, decidingMetric } from './compare-results.js';
export { type DescribeDataOptions, describeData } from './describe-data.js';
export { projectVectors } from './project-vectors.js';
export { type SampleScoresOptions, type ScoredHistory, sampleScores } from './sample-scores.js';
export { type ScoreBin, scoreBins, wilsonInterval } from './score-bins.js';
