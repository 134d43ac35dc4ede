import type { SimdBackend } from '../backend.js';
import type { RowUpdates } from '../row-updates.js';
import { grainOf } from './support.js';

/** Where a sorted list of updates is; the arguments that kernels take of it. */
export interface SortedUpdates {
  readonly descriptors: number;
  readonly segments: number;
  readonly total: number;
  /** Update numbers in order of their rows. */
  readonly order: number;
  /** Distinct rows, ascending. */
  readonly rows: number;
  /** Where each distinct row's updates start in `order`. */
  readonly starts: number;
  readonly distinct: number;
}

const descriptorBytes = 32;

/** Sorts updates by row and lends the result to `use`. */
export const withSortedUpdates = (
  backend: SimdBackend,
  { segments, rows }: RowUpdates,
  use: (sorted: SortedUpdates) => void,
): void => {
  const total = segments.reduce((sum, { count }) => sum + count, 0);
  const words = 4 * (total + 1);
  backend.withMemory(segments.length * descriptorBytes + 6 * words + 64, (memory) => {
    const result = memory + segments.length * descriptorBytes;
    const keys = result + 64;
    const order = keys + 2 * words;
    const distinctRows = order + 2 * words;
    const starts = distinctRows + words;
    segments.forEach(({ indices, values, scales, fan, count, factor }, s) => {
      const at = memory + s * descriptorBytes;
      backend.heap.integers(at, 5).set([indices.address, values.address, scales?.address ?? 0, fan, count]);
      backend.heap.floats(at + 20, 1)[0] = factor;
    });
    backend.launch('sortUpdates', {
      count: 1,
      grain: 1,
      integers: [memory, segments.length, total, keys, order, distinctRows, starts, result, rows - 1],
    });
    const [distinct, sortedOrder] = backend.heap.integers(result, 2) as unknown as [number, number];
    use({
      descriptors: memory,
      segments: segments.length,
      total,
      order: sortedOrder >>> 0,
      rows: distinctRows,
      starts,
      distinct,
    });
  });
};

/** Bytes of scratch memory that summing the updates of a row takes. */
export const rowScratch = (width: number): number => width * 4 + 64;

/** Writes the table that updates make, `[rows, width]`. */
export const scatterRowUpdates = (backend: SimdBackend, updates: RowUpdates, table: number): void => {
  const { rows, width } = updates;
  backend.heap.floats(table, rows * width).fill(0);
  withSortedUpdates(
    backend,
    updates,
    ({ descriptors, segments, order, rows: distinctRows, starts, distinct, total }) => {
      backend.launch('scatterUpdates', {
        count: distinct,
        grain: grainOf((2 * width * total) / Math.max(1, distinct)),
        integers: [descriptors, segments, order, distinctRows, starts, table, width],
        scratchBytes: rowScratch(width),
      });
    },
  );
};
