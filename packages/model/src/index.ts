// Everything that needs a model and nothing more: the contract of models, recommendations, files and the choice of a backend.

// A model of your own.

export {
  type CatalogFeatures,
  type DataCounts,
  type FeatureColumn,
  type FeatureLayout,
  featuresOfCatalog,
  type HistoryTimes,
  historyBatch,
  type Id,
  type IdMap,
  type ItemFeatures,
  indexOfId,
  type SequenceBatch,
  type VectorColumn,
  widthOf,
} from '@recsys/data/core';
export {
  assertHasTimes,
  assertSameCatalog,
  type CopiedItems,
  catalogProblem,
  copyWeights,
  defineModel,
  type EncodeOptions,
  encodeNewest,
  isCatalog,
  type ModelDefinition,
  type ModelOptions,
  maxLengthOf,
  modelNameOf,
  numItemsOf,
  type SequentialModel,
  type SequentialModelConfig,
  scoreItems,
} from './contract/index.js';

// What an application asks a model for.

export {
  CatalogFilter,
  catalogFilter,
  type ItemChoice,
  itemNorms,
  type Recommendation,
  type RecommendOptions,
  recommend,
  recommendBatch,
  type SimilarItemsOptions,
  similarItems,
} from './recommend/index.js';

// Saving and loading.

export {
  assignWeights,
  type LoadModelOptions,
  loadModel,
  modelArtifacts,
  type SavedModelMetadata,
  type SavedWeights,
  type SaveModelOptions,
  savedModelMetadata,
  saveModel,
} from './files/index.js';

// What computes.

export {
  type BackendChoice,
  type BackendName,
  engineName,
  type SelectBackendOptions,
  selectBackend,
} from './backends/index.js';

// Scores of items for histories.

export { asScorer, blockSize, modelScorer, type RankedScores, type Scorer, scorerOfAllItems } from './scoring/index.js';

// What all of them throw.

export {
  CheckpointError,
  type CheckpointErrorCode,
  ModelError,
  type ModelErrorCode,
  ShardError,
  type ShardErrorCode,
} from './errors.js';
