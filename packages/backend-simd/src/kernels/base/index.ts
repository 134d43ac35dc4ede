/** Shared by all kernel families: registration of kernels, sizes of chunks, and checks of the inputs of a launch. */
export { assertIndices, assertShapes, longestSequence } from './checks.js';
export type { Dropout } from './dropout.js';
export { backendName, isFloat, override, registerFourier, runCpuKernel } from './override.js';
export { elementWork, flopsOfChunk, grainOf } from './work.js';
