// Exports as files, each of which appears when it is complete.
export { exportOnnx, exportSafetensors, exportTfjs } from './export-model.js';
export { exportItemVectors, exportVectors } from './export-vectors.js';
