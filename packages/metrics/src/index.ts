// Metrics as pure functions of ranks, lists and values, independent of models and datasets.

// One target per list: its rank, and HR@k, NDCG@k and MRR@k of ranks.

export {
  hitGain,
  hitRate,
  type MetricName,
  meanReciprocalRank,
  ndcg,
  ndcgGain,
  reciprocalRankGain,
} from './rank-metrics.js';
export { rankOfTarget, type Ties } from './rank-of-target.js';

// Several targets per list: Recall@k, Precision@k and AP@k.

export { averagePrecision, precision, recall } from './multi-target.js';

// Recommended items, over the whole catalog.

export { averagePopularity, catalogCoverage, giniIndex, novelty, type RecommendedLists } from './catalog-metrics.js';

// Confidence intervals, and comparisons of two models.

export { type BootstrapOptions, bootstrapMean, type Estimate } from './bootstrap.js';
export { byGroup } from './by-group.js';
export { comparePaired, type PairedComparison } from './paired-comparison.js';

// Selection of the best scores.

export { type TopK, topK } from './top-k.js';

// Errors.

export { MetricsError, type MetricsErrorCode } from './errors.js';
