// Training and evaluation of any `SequentialModel`. Knows no model by name.

// Training.

export {
  type BestEpoch,
  type EndRecord,
  type EpochRecord,
  type FitOptions,
  type FitResult,
  type FitSettings,
  fit,
  type LoggedStep,
  type LogLine,
  type ResumeRecord,
  type StartRecord,
  type StepRecord,
  type TestRecord,
  type TrainingCallbacks,
  type ValidationOptions,
  type WeightAverageOptions,
} from './fit/index.js';
export type { Communicator } from './parts/index.js';
export type { RefusedCheckpoint } from './runs/index.js';

// How good it is.

export {
  type BaselineComparison,
  type CompareModelsOptions,
  type CompareToBaselinesOptions,
  compareModels,
  compareToBaselines,
  type EvaluateOptions,
  type EvaluationResult,
  evaluate,
  type GroupMetrics,
  type GroupMetricsOptions,
  type MetricEstimate,
  type MetricEstimates,
  type ModelComparison,
  metricsByGroup,
  type Protocol,
  type RecommendationMetrics,
  recommendationMetrics,
  sampleOfTargets,
} from './evaluation/index.js';

// What it must beat.

export {
  markovChainBaseline,
  popularityBaseline,
  type RecentPopularityOptions,
  recentPopularityBaseline,
} from './baselines/index.js';

// What training minimizes, and how weights move.

export {
  bayesianPersonalizedRanking,
  binaryCrossEntropy,
  createLoss,
  crossEntropy,
  type GeneralizedBceOptions,
  gbceBeta,
  gbceScore,
  generalizedBinaryCrossEntropy,
  type Loss,
  type LossOptions,
  lossNames,
  type NegativesOptions,
  type SampledSoftmaxOptions,
  type SharedCrossEntropyOptions,
  sampledSoftmax,
  sharedCrossEntropy,
  withEmbeddingL2,
} from './losses/index.js';
export {
  Adam,
  type AdamOptions,
  type AdamState,
  clipByGlobalNorm,
  type DeferredTable,
  type Schedule,
  scheduleFactor,
  scheduleNames,
} from './optimizers/index.js';
export {
  type ModelSize,
  type RecommendedFit,
  type RecommendedSettings,
  recommendedFit,
  recommendedSettings,
} from './recipe/index.js';

// The options as zod schemas, for flags and forms.

export { adamSchema, fitSettingsSchema, validationSchema, weightAverageSchema } from './fit/index.js';

// What all of them throw.

export { TrainingError, type TrainingErrorCode } from './errors.js';
