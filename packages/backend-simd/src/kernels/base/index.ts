/** What every kernel family needs: registration, the size of chunks, and checks of what a launch is given. */
export { assertIndices, assertShapes, longestSequence } from './checks.js';
export type { Dropout } from './dropout.js';
export { backendName, isFloat, override, registerFourier, runCpuKernel } from './override.js';
export { elementWork, flopsOfChunk, grainOf } from './work.js';
