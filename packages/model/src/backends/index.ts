// Which tfjs backend computes: the best that loads, and its name for records.
export { engineName } from './engine.js';
export { type BackendChoice, type BackendName, type SelectBackendOptions, selectBackend } from './select-backend.js';
