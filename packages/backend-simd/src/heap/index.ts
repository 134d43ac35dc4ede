/**
 * The memory shared by tensors, kernels and threads, and the gradients of embedding tables, which are stored in it as
 * lists of row updates.
 */
export { blocksOf, type RowUpdates, type UpdateSegment } from './row-updates.js';
export { type Block, SharedHeap } from './shared-heap.js';
