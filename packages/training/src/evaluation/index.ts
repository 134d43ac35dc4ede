// How well a model ranks held-out items: `evaluate`, the same by group, and metrics of recommended lists.
export { type CompareModelsOptions, compareModels, type ModelComparison } from './compare-models.js';
export { type BaselineComparison, type CompareToBaselinesOptions, compareToBaselines } from './compare-to-baselines.js';
export { type EvaluateOptions, type EvaluationResult, evaluate, type Protocol } from './evaluate.js';
export { type GroupMetrics, type GroupMetricsOptions, metricsByGroup } from './group-metrics.js';
export type { MetricEstimate, MetricEstimates } from './metric-estimates.js';
export { type RecommendationMetrics, recommendationMetrics } from './recommendation-metrics.js';
export { sampleOfTargets } from './sample-of-targets.js';
