export type { Id, IdMap, SequenceBatch } from '@recsys/data';
export { type BackendChoice, type BackendName, selectBackend } from './backends/select-backend.js';
export {
  type EncodeOptions,
  encodeNewest,
  maxLengthOf,
  modelNameOf,
  numItemsOf,
  type SequentialModel,
  type SequentialModelConfig,
  scoreItems,
} from './contract/sequential-model.js';
export { CheckpointError, type CheckpointErrorCode, ModelError, type ModelErrorCode } from './errors.js';
export { assignWeights, modelArtifacts, type SavedModelMetadata, savedModelMetadata } from './files/model-artifacts.js';
export { loadModel, saveModel } from './files/save-model.js';
export {
  type Recommendation,
  type RecommendOptions,
  recommend,
  type SimilarItemsOptions,
  similarItems,
} from './recommend/recommend.js';
export { asScorer, blockSize, modelScorer, type Scorer, scorerOfAllItems } from './scoring/scorer.js';
