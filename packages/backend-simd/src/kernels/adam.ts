import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { AdamFactors } from '../generated/arguments.js';
import type { RowUpdates } from '../heap/index.js';
import { assertShapes, elementWork, grainOf, override } from './base/index.js';
import { rowScratch, withSortedUpdates } from './row-updates.js';

interface Attributes {
  beta1: number;
  beta2: number;
  /** Learning rate, including the bias corrections. */
  rate: number;
  /** Epsilon, including the second bias correction. */
  epsilon: number;
  /** Factor applied to the weight first: 1 - learningRate · weightDecay. */
  decay: number;
  /** Whether rows without a gradient, and their moments, stay unchanged. */
  lazy: boolean;
}

/** Addresses of a weight and its moments. */
type State = Record<'w' | 'm' | 'v', number>;

const updateRows = (
  backend: SimdBackend,
  updates: RowUpdates,
  { w, m, v }: State,
  { beta1, beta2, rate, epsilon, decay, ofGradient, ofSquare }: AdamFactors,
  lazy: boolean,
): void => {
  const { rows: tableRows, width } = updates;
  withSortedUpdates(backend, updates, ({ distinct, segments, order, rows, starts, total }) => {
    const args = {
      beta1,
      beta2,
      rate,
      epsilon,
      decay,
      ofGradient,
      ofSquare,
      w,
      m,
      v,
      width,
      segments,
      order,
      rows,
      starts,
      distinct,
    };
    const scratchBytes = rowScratch(width);
    if (lazy) {
      const grain = grainOf(width * (14 + (2 * total) / Math.max(1, distinct)));
      backend.launch('adamUpdatedRows', args, { count: distinct, grain, scratchBytes });
    } else {
      const grain = grainOf(14 * width + (2 * width * total) / tableRows);
      backend.launch('adamRows', args, { count: tableRows, grain, scratchBytes });
    }
  });
};

/** Returns the runs of rows with a nonzero element. */
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

/** One step of Adam on one weight, in place: changes `weight`, `first` and `second` and returns nothing. */
export const registerAdam = (): void => {
  override<Record<'weight' | 'first' | 'second' | 'gradient', TensorInfo>, Attributes>(
    'RecsysAdam',
    ({ weight, first, second, gradient }, backend, { beta1, beta2, rate, epsilon, decay, lazy }) => {
      for (const tensor of [first, second, gradient]) {
        const equal = util.arraysEqual(weight.shape, tensor.shape);
        assertShapes('RecsysAdam', equal, () => `shapes must be equal, got ${weight.shape} and ${tensor.shape}`);
      }
      const ofGradient = 1 - beta1;
      const ofSquare = 1 - beta2;
      const [w, m, v] = [weight, first, second].map((tensor) => backend.address(tensor));
      const updates = backend.updatesOf(gradient);
      if (updates !== undefined) {
        const factors = { beta1, beta2, rate, epsilon, decay, ofGradient, ofSquare };
        updateRows(backend, updates, { w, m, v }, factors, lazy);
        return [];
      }
      const [rows, width] = lazy ? weight.shape : [1, util.sizeFromShape(weight.shape)];
      const g = backend.address(gradient);
      const values = backend.heap.floats(g, rows * width);
      for (const { first, count } of lazy ? touchedRows(values, rows, width) : [{ first: 0, count: 1 }]) {
        const at = 4 * first * width;
        const size = count * width;
        backend.launch(
          'adam',
          {
            beta1,
            beta2,
            rate,
            epsilon,
            decay,
            ofGradient,
            ofSquare,
            w: w + at,
            m: m + at,
            v: v + at,
            gradient: g + at,
            size,
          },
          elementWork(size),
        );
      }
      return [];
    },
  );
};
