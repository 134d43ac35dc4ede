import { ELEMENT_BLOCK } from '../../generated/arguments.js';
import type { Work } from '../../threads/index.js';

/** Floating-point operations in a chunk: about 20 µs. */
export const flopsOfChunk = 4e5;

/** Returns the number of items in a chunk, given the cost of an item: a multiple of `step`, at least `step`. */
export const grainOf = (flopsOfItem: number, step = 1): number =>
  Math.max(step, Math.ceil(flopsOfChunk / flopsOfItem / step) * step);

/** Returns the work of an element-wise kernel, in blocks of elements. */
export const elementWork = (size: number): Work => ({ count: Math.ceil(size / ELEMENT_BLOCK), grain: 16 });
