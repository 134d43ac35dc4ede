// The models that the command trains and uses: those of the library, and modules of the user's own.
export {
  type BuiltInName,
  builtInNames,
  builtIns,
  builtInsWith,
  builtInTitled,
  builtInWithPreset,
} from './built-in-models.js';
export { kindOfRun, loadSavedModel, modelFileOption, openSavedModel } from './load-saved-model.js';
export { type ModelKind, optionsFor } from './model-kind.js';
export { kindOf, ownModelIn } from './own-models.js';
export { ownThread } from './own-thread.js';
