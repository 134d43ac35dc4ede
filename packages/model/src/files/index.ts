// A model as files: tfjs weights with the configuration and the item ids, in a directory or through any tfjs handler.
export { assignWeights, modelArtifacts, type SavedModelMetadata, savedModelMetadata } from './model-artifacts.js';
export { type LoadModelOptions, loadModel, type SavedWeights, type SaveModelOptions, saveModel } from './save-model.js';
