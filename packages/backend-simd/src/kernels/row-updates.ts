import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { ScatterRowUpdates, SimdBackend } from '../backend.js';
import { SegmentDescriptor, SORT_BUCKETS, SortResult } from '../generated/arguments.js';
import type { RowUpdates, UpdateSegment } from '../heap/index.js';
import { assertIndices, grainOf } from './base/index.js';

/**
 * Returns the gradient of a table of `rows` rows as a list of updates: update u adds
 * `factor · scales[u] · values[floor(u / fan)]` to row `indices[u]`.
 *
 * @throws {SimdBackendError} `index-out-of-range` if an index is not a row.
 */
export const rowGradient = (
  op: string,
  backend: SimdBackend,
  {
    rows,
    indices,
    values,
    scales,
    fan = 1,
    factor = 1,
  }: { rows: number; indices: TensorInfo; values: TensorInfo; scales?: TensorInfo; fan?: number; factor?: number },
): TensorInfo => {
  assertIndices(op, backend, indices, rows);
  const segments = [segmentOf(backend, { indices, values, scales, fan, factor })];
  return backend.outputOfUpdates({ rows, width: values.shape[1], segments });
};

/** Returns a segment whose indices have been checked. */
export const segmentOf = (
  backend: SimdBackend,
  {
    indices,
    values,
    scales,
    fan = 1,
    factor = 1,
  }: {
    indices: TensorInfo;
    values: TensorInfo;
    scales?: TensorInfo | undefined;
    fan?: number;
    factor?: number;
  },
): UpdateSegment => ({
  indices: backend.block(indices),
  values: backend.block(values),
  scales: scales === undefined ? undefined : backend.block(scales),
  fan,
  count: util.sizeFromShape(indices.shape),
  factor,
});

/** Returns the same updates, times a factor. */
export const scaledUpdates = ({ segments, rows, width }: RowUpdates, by: number): RowUpdates => ({
  segments: segments.map((segment) => ({ ...segment, factor: segment.factor * by })),
  rows,
  width,
});

/** A sorted list of updates, as kernels take it; addresses where not noted otherwise. */
interface SortedUpdates {
  /** Array of `SegmentDescriptor`. */
  readonly segments: number;
  /** Number of updates. */
  readonly total: number;
  /** Indices of the updates, sorted by row. */
  readonly order: number;
  /** Distinct rows, ascending. */
  readonly rows: number;
  /** Start of the updates of each distinct row in `order`. */
  readonly starts: number;
  /** Number of distinct rows. */
  readonly distinct: number;
}

/** Sorts updates by row, and calls `use` with the result, which is freed afterwards. */
export const withSortedUpdates = (
  backend: SimdBackend,
  { segments, rows: tableRows }: RowUpdates,
  use: (sorted: SortedUpdates) => void,
): void => {
  const { heap } = backend;
  const total = segments.reduce((sum, { count }) => sum + count, 0);
  const words = 4 * (total + 1);
  const descriptorBytes = segments.length * SegmentDescriptor.bytes;
  backend.withMemory(descriptorBytes + 6 * words + 64, (descriptors) => {
    const result = descriptors + descriptorBytes;
    const keys = result + 64;
    const order = keys + 2 * words;
    const rows = order + 2 * words;
    const starts = rows + words;
    segments.forEach(({ indices, values, scales, fan, count, factor }, s) => {
      const at = descriptors + s * SegmentDescriptor.bytes;
      SegmentDescriptor.write(
        { indices: indices.address, values: values.address, scales: scales?.address ?? 0, fan, count, factor },
        heap.integers(at, SegmentDescriptor.bytes / 4),
        heap.floats(at, SegmentDescriptor.bytes / 4),
      );
    });
    backend.launch(
      'sortUpdates',
      {
        segments: descriptors,
        numSegments: segments.length,
        total,
        keys,
        order,
        rows,
        starts,
        result,
        highestRow: tableRows - 1,
      },
      { count: 1, grain: 1, scratchBytes: 4 * SORT_BUCKETS },
    );
    const sorted = SortResult.read(heap.integers(result, SortResult.bytes / 4));
    use({ segments: descriptors, total, order: sorted.order, rows, starts, distinct: sorted.distinct });
  });
};

/** Returns the distinct rows of a list of updates, int32 `[n]`, and the sum of the updates of each, float32 `[n, width]`. */
export const distinctRows = (backend: SimdBackend, updates: RowUpdates): [TensorInfo, TensorInfo] => {
  const { heap } = backend;
  const { width } = updates;
  let result: [TensorInfo, TensorInfo] | undefined;
  withSortedUpdates(backend, updates, ({ segments, order, rows, starts, distinct, total }) => {
    const indices = backend.output([distinct], 'int32');
    heap.integers(backend.address(indices), distinct).set(heap.integers(rows, distinct));
    const values = backend.output([distinct, width]);
    backend.withMemory(4 * distinct + 4, (places) => {
      // One row after another, and not each at its place in the table.
      heap.integers(places, distinct).forEach((_, i, all) => {
        all[i] = i;
      });
      backend.launch(
        'scatterUpdates',
        { segments, order, rows: places, starts, table: values, width },
        {
          count: distinct,
          grain: grainOf((2 * width * total) / Math.max(1, distinct)),
          scratchBytes: rowScratch(width),
        },
      );
    });
    result = [indices, values];
  });
  return result!;
};

/** Bytes of scratch memory to sum the updates of a row. */
export const rowScratch = (width: number): number => width * 4 + 64;

/** Writes the table `[rows, width]` of updates. */
export const scatterRowUpdates: ScatterRowUpdates = (backend, updates, table) => {
  const { rows: tableRows, width } = updates;
  backend.heap.floats(table, tableRows * width).fill(0);
  withSortedUpdates(backend, updates, ({ segments, order, rows, starts, distinct, total }) => {
    backend.launch(
      'scatterUpdates',
      { segments, order, rows, starts, table, width },
      {
        count: distinct,
        grain: grainOf((2 * width * total) / Math.max(1, distinct)),
        scratchBytes: rowScratch(width),
      },
    );
  });
};
