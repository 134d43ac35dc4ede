// Which tfjs backend computes: the best that loads, and what it is called in records.
export { engineName } from './engine.js';
export { type BackendChoice, type BackendName, type SelectBackendOptions, selectBackend } from './select-backend.js';
