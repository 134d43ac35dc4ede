import type { TensorInfo } from '@tensorflow/tfjs-core';
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

/** One step of Adam on one weight, in place: `weight`, `first` and `second` change, and nothing is returned. */
export const registerAdam = (): void => {
  override<Record<'weight' | 'first' | 'second' | 'gradient', TensorInfo>, Attributes>(
    'RecsysAdam',
    ({ weight, first, second, gradient }, backend, { beta1, beta2, rate, epsilon, decay, lazy }) => {
      const addresses = [weight, first, second].map((tensor) => backend.address(tensor));
      const floats = [beta1, beta2, rate, epsilon, decay, 1 - beta1, 1 - beta2];
      const updates = backend.updatesOf(gradient);
      if (updates !== undefined) updateRows(backend, updates, addresses, floats, lazy);
      else {
        const size = weight.shape.reduce((product, side) => product * side, 1);
        backend.launch('adam', {
          count: elementBlocks(size),
          grain: blocksOfChunk,
          integers: [...addresses, backend.address(gradient), size],
          floats,
        });
      }
      return [];
    },
  );
};
