export { type BootstrapOptions, bootstrapMean, type Estimate } from './bootstrap.js';
export { byGroup, comparePaired, type PairedComparison } from './compare.js';
export { MetricsError } from './errors.js';
export { averagePopularity, catalogCoverage, giniIndex, novelty, type RecommendedLists } from './exposure.js';
export { hitGain, hitRate, meanReciprocalRank, ndcg, ndcgGain, reciprocalRankGain } from './rank-metrics.js';
export { rankOfTarget, type Ties } from './rank-of-target.js';
export { averagePrecision, precision, recall } from './several-targets.js';
export { type TopK, topK } from './top-k.js';
