export { Adam, type AdamOptions, type AdamState, clipByGlobalNorm } from './adam.js';
export { markovChainBaseline, popularityBaseline } from './baselines.js';
export { CheckpointError } from './checkpoint-error.js';
export { TrainingError } from './errors.js';
export {
  type EvaluateOptions,
  type EvaluationResult,
  evaluate,
  type MetricEstimate,
  type Protocol,
} from './evaluate.js';
export type { FitOptions, FitSettings } from './fit-options.js';
export { type GroupMetrics, metricsByGroup } from './group-metrics.js';
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
export { lossNamed, lossNames } from './losses/loss-named.js';
export { sampledSoftmax } from './losses/sampled-softmax.js';
export { assignWeights, modelArtifacts, type SavedModelMetadata, savedModelMetadata } from './model-files.js';
export {
  type Recommendation,
  type RecommendOptions,
  recommend,
  type SimilarItemsOptions,
  similarItems,
} from './recommend.js';
export { type Schedule, scheduleFactor } from './schedules.js';
export { asScorer, modelScorer, type Scorer, scorerOfAllItems } from './scorer.js';
export { type BackendChoice, type BackendName, selectBackend } from './select-backend.js';
export {
  type EncodeOptions,
  encodeNewest,
  type SequentialModel,
  type SequentialModelConfig,
  scoreItems,
} from './sequential-model.js';
export {
  type EpochRecord,
  type FitResult,
  fit,
  type StepRecord,
  Trainer,
  type TrainingCallbacks,
} from './trainer.js';
