// Exports as files: for Node alone.
export { exportItemVectors, exportOnnx, exportSafetensors, exportTfjs, exportVectors } from './files/index.js';
