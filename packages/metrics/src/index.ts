export { type BootstrapOptions, bootstrapMean, type Estimate } from './bootstrap.js';
export { MetricsError } from './errors.js';
export { hitAt, hitRate, meanReciprocalRank, ndcg, ndcgAt, reciprocalRankAt } from './rank-metrics.js';
export { rankOfTarget, type Ties } from './rank-of-target.js';
export { type TopK, topK } from './top-k.js';
