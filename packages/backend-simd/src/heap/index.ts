/** The memory that tensors, kernels and threads share, and the gradients of tables that are kept in it as lists. */
export { blocksOf, type RowUpdates } from './row-updates.js';
export { type Block, SharedHeap } from './shared-heap.js';
