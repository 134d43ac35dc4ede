// Saved models as directories, for Node: loaded when a model is saved to a path or loaded from one.
export { directoryHandler, savedModelHandler } from './model-directory.js';
