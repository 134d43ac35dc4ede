import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { RowUpdates } from '../row-updates.js';
import { rowScratch, withSortedUpdates } from './scatter-updates.js';
import { blocksOfChunk, elementBlocks, grainOf, override } from './support.js';

interface Attributes {
  beta1: number;
  beta2: number;
  /** Learning rate with the bias corrections in it. */
  rate: number;
  /** Epsilon with the second bias correction in it. */
  epsilon: number;
  /** What the weight is multiplied by first: 1 - learningRate · weightDecay. */
  decay: number;
  /** Whether rows of a table without a gradient stay as they are, moments too. */
  lazy: boolean;
}

const updateRows = (
  backend: SimdBackend,
  updates: RowUpdates,
  [w, m, v]: readonly number[],
  floats: readonly number[],
  lazy: boolean,
): void => {
  const { rows, width } = updates;
  withSortedUpdates(backend, updates, (sorted) => {
    const { descriptors, segments, order, starts, distinct, total } = sorted;
    const flops = lazy ? width * (14 + (2 * total) / Math.max(1, distinct)) : 14 * width + (2 * width * total) / rows;
    backend.launch(lazy ? 'adamUpdatedRows' : 'adamRows', {
      count: lazy ? distinct : rows,
      grain: grainOf(flops),
      integers: [w!, m!, v!, width, descriptors, segments, order, sorted.rows, starts, distinct],
      floats,
      scratchBytes: rowScratch(width),
    });
  });
};

/** Returns the runs of rows that have an element other than 0. */
const touchedRows = (values: Float32Array, rows: number, width: number): { first: number; count: number }[] => {
  const runs: { first: number; count: number }[] = [];
  for (let row = 0; row < rows; row++) {
    if (!values.subarray(row * width, (row + 1) * width).some((value) => value !== 0)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === row) last.count += 1;
    else runs.push({ first: row, count: 1 });
  }
  return runs;
};

/** One step of Adam on one weight, in place: `weight`, `first` and `second` change, and nothing is returned. */
export const registerAdam = (): void => {
  override<Record<'weight' | 'first' | 'second' | 'gradient', TensorInfo>, Attributes>(
    'RecsysAdam',
    ({ weight, first, second, gradient }, backend, { beta1, beta2, rate, epsilon, decay, lazy }) => {
      const addresses = backend.addresses(weight, first, second);
      const floats = [beta1, beta2, rate, epsilon, decay, 1 - beta1, 1 - beta2];
      const updates = backend.updatesOf(gradient);
      if (updates !== undefined) {
        updateRows(backend, updates, addresses, floats, lazy);
        return [];
      }
      const [rows, width] = lazy ? (weight.shape as [number, number]) : [1, util.sizeFromShape(weight.shape)];
      const all = [...addresses, backend.address(gradient)];
      const values = backend.heap.floats(all[3]!, rows * width);
      for (const { first, count } of lazy ? touchedRows(values, rows, width) : [{ first: 0, count: 1 }]) {
        const size = count * width;
        backend.launch('adam', {
          count: elementBlocks(size),
          grain: blocksOfChunk,
          integers: [...all.map((address) => address + 4 * first * width), size],
          floats,
        });
      }
      return [];
    },
  );
};
