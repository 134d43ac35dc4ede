// What every model implements, and what follows from that alone.
export { type CopiedItems, copyWeights } from './copy-weights.js';
export { assertHasTimes } from './data-times.js';
export { defineModel, type ModelDefinition, type ModelOptions } from './define-model.js';
export { catalogProblem, isCatalog } from './is-catalog.js';
export { assertSameCatalog } from './same-catalog.js';
export {
  type EncodeOptions,
  encodeNewest,
  maxLengthOf,
  modelNameOf,
  numItemsOf,
  type SequentialModel,
  type SequentialModelConfig,
  scoreItems,
} from './sequential-model.js';
