export { markovChainBaseline, popularityBaseline } from './baselines/baselines.js';
export { TrainingError } from './errors.js';
export {
  type EvaluateOptions,
  type EvaluationResult,
  evaluate,
  type MetricEstimate,
  type Protocol,
} from './evaluation/evaluate.js';
export { type GroupMetrics, metricsByGroup } from './evaluation/group-metrics.js';
export type { FitOptions, FitSettings } from './fit/fit-options.js';
export type { EpochRecord, FitResult, StepRecord, TrainingCallbacks } from './fit/records.js';
export { fit } from './fit/trainer.js';
export { bayesianPersonalizedRanking } from './losses/bayesian-personalized-ranking.js';
export {
  binaryCrossEntropy,
  type GeneralizedBceOptions,
  gbceBeta,
  gbceScore,
  generalizedBinaryCrossEntropy,
} from './losses/binary-cross-entropy.js';
export { crossEntropy, type SharedCrossEntropyOptions, sharedCrossEntropy } from './losses/cross-entropy.js';
export { withEmbeddingL2 } from './losses/embedding-l2.js';
export type { Loss, NegativesOptions } from './losses/loss.js';
export { createLoss, lossNames } from './losses/loss-by-name.js';
export { sampledSoftmax } from './losses/sampled-softmax.js';
export { Adam, type AdamOptions, type AdamState, clipByGlobalNorm } from './optimizers/adam.js';
export { type Schedule, scheduleFactor } from './optimizers/schedules.js';
