// Metrics as pure functions of ranks, lists and values. Knows no model and no dataset.

// One target: the rank of the target, and HR@k, NDCG@k and MRR@k of ranks.

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

// Several targets: Recall@k, Precision@k and AP@k of one list.

export { averagePrecision, precision, recall } from './multi-target.js';

// What is recommended, over the catalog.

export { averagePopularity, catalogCoverage, giniIndex, novelty, type RecommendedLists } from './catalog-metrics.js';

// How sure a figure is, and how two models differ.

export { type BootstrapOptions, bootstrapMean, type Estimate } from './bootstrap.js';
export { byGroup } from './by-group.js';
export { comparePaired, type PairedComparison } from './paired-comparison.js';

// The best of many scores.

export { type TopK, topK } from './top-k.js';

// What all of them throw.

export { MetricsError, type MetricsErrorCode } from './errors.js';
