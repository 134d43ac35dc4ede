import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { canDefer, type Step } from '../deferred/index.js';
import type { RowUpdates } from '../heap/index.js';
import { assertShapes, elementWork, grainOf, override } from './base/index.js';
import { rowScratch, withSortedUpdates } from './row-updates.js';

interface Attributes extends Step {
  beta1: number;
  beta2: number;
  /** Whether rows without a gradient, and their moments, stay unchanged. */
  lazy: boolean;
}

type Tensors = Record<'weight' | 'first' | 'second', TensorInfo>;

/**
 * One step for a gradient that is a list of updates. Where few rows have one, the others are deferred; where many have, it
 * costs less to step all of them.
 */
const updateRows = (
  backend: SimdBackend,
  updates: RowUpdates,
  { weight, first, second }: Tensors,
  { beta1, beta2, rate, epsilon, decay, lazy }: Attributes,
): void => {
  const { rows: tableRows, width } = updates;
  withSortedUpdates(backend, updates, ({ distinct, segments, order, rows, starts, total }) => {
    const tensors = [weight, first, second];
    let deferred = lazy ? undefined : backend.deferredOf(tensors);
    if (deferred !== undefined && !deferred.decaysAs(beta1, beta2)) deferred = undefined;
    if (!lazy && canDefer(beta1, beta2) && (deferred?.behind || tableRows > 2 * distinct))
      deferred ??= backend.defer(tensors, beta1, beta2);
    else deferred = undefined;
    const [w, m, v] = deferred?.where ?? tensors.map((tensor) => backend.address(tensor));
    const args = {
      beta1,
      beta2,
      rate,
      epsilon,
      decay,
      ofGradient: 1 - beta1,
      ofSquare: 1 - beta2,
      w,
      m,
      v,
      width,
      segments,
      order,
      rows,
      starts,
      distinct,
      last: undefined,
      now: 0,
    };
    const scratchBytes = rowScratch(width);
    if (lazy || deferred !== undefined) {
      const grain = grainOf(width * (14 + (2 * total) / Math.max(1, distinct)));
      deferred?.catchUp(rows, distinct); // those that nothing has read in this step
      const step = { rate, epsilon, decay };
      backend.launch(
        'adamUpdatedRows',
        { ...args, ...deferred?.start(step) },
        { count: distinct, grain, scratchBytes },
      );
      deferred?.step(step);
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

/** Returns a copy of memory as a tensor; it may be behind. */
const copyOf = (backend: SimdBackend, address: number, shape: number[]): TensorInfo => {
  const copy = backend.output(shape);
  const size = shape[0] * shape[1];
  backend.heap.floats(backend.address(copy), size).set(backend.heap.floats(address, size));
  return copy;
};

/** Returns words as an int32 tensor. */
const wordsOf = (backend: SimdBackend, words: Int32Array): TensorInfo => {
  const tensor = backend.output([words.length], 'int32');
  backend.heap.integers(backend.address(tensor), words.length).set(words);
  return tensor;
};

/** What training needs to know of rows that have missed steps: to bring them up to date, and to save and restore them. */
const registerAdamState = (): void => {
  /** Brings all rows of a weight and its moments up to date. Returns nothing. */
  override<{ weight: TensorInfo }>('RecsysAdamSettle', ({ weight }, backend) => {
    backend.address(weight);
    return [];
  });

  /**
   * Returns copies of a weight and its moments as they are, with rows that are behind, the last step of each row, int32
   * `[rows]`, and the steps, float64 as pairs of int32. Returns nothing if all rows are up to date.
   */
  override<Tensors>('RecsysAdamDeferred', ({ weight, first, second }, backend) => {
    const deferred = backend.deferredOf([weight, first, second]);
    if (!deferred?.behind) return [];
    const { last, steps } = deferred.state();
    return [
      ...deferred.where.map((address) => copyOf(backend, address, weight.shape)),
      wordsOf(backend, last),
      wordsOf(backend, new Int32Array(steps.buffer)),
    ];
  });

  /** Takes over the last step of each row and the steps, for a weight and moments as they were then. Returns nothing. */
  override<Tensors & Record<'last' | 'steps', TensorInfo>>(
    'RecsysAdamRestore',
    ({ weight, first, second, last, steps }, backend) => {
      const [lastSteps, words] = [last, steps].map((tensor) =>
        backend.heap.integers(backend.address(tensor), tensor.shape[0]).slice(),
      );
      const deferred = backend.defer([weight, first, second], 0, 0.5); // the decays come with the steps
      const restored = words.length % 2 === 0 && deferred.restore(lastSteps, new Float64Array(words.buffer));
      if (!restored) deferred.end();
      assertShapes('RecsysAdamRestore', restored, () => `these are not steps that ${weight.shape[0]} rows have missed`);
      return [];
    },
  );
};

/** One step of Adam on one weight, in place: changes `weight`, `first` and `second` and returns nothing. */
export const registerAdam = (): void => {
  registerAdamState();
  override<Record<'weight' | 'first' | 'second' | 'gradient', TensorInfo>, Attributes>(
    'RecsysAdam',
    ({ weight, first, second, gradient }, backend, attributes) => {
      for (const tensor of [first, second, gradient]) {
        const equal = util.arraysEqual(weight.shape, tensor.shape);
        assertShapes('RecsysAdam', equal, () => `shapes must be equal, got ${weight.shape} and ${tensor.shape}`);
      }
      const updates = backend.updatesOf(gradient);
      if (updates !== undefined) {
        updateRows(backend, updates, { weight, first, second }, attributes);
        return [];
      }
      const { beta1, beta2, rate, epsilon, decay, lazy } = attributes;
      const [w, m, v] = [weight, first, second].map((tensor) => backend.address(tensor));
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
            ofGradient: 1 - beta1,
            ofSquare: 1 - beta2,
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
