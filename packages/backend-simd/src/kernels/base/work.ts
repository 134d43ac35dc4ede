import { ELEMENT_BLOCK } from '../../generated/arguments.js';
import type { Work } from '../../threads/index.js';

/** Operations that are worth a chunk: some 20 µs. */
export const flopsOfChunk = 4e5;

/** Returns how many items of some cost make a chunk: a multiple of `step`, at least `step`. */
export const grainOf = (flopsOfItem: number, step = 1): number =>
  Math.max(step, Math.ceil(flopsOfChunk / flopsOfItem / step) * step);

/** Returns the work of an element-wise kernel, which counts blocks of elements. */
export const elementWork = (size: number): Work => ({ count: Math.ceil(size / ELEMENT_BLOCK), grain: 16 });
