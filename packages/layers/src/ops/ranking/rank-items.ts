import * as tf from '@tensorflow/tfjs-core';
import { LayerError } from '../../errors.js';
import { hasFused, prefersTransposedMatMul, runFused } from '../fused.js';
import type { ExcludedItems } from './excluded-items.js';

/** The best items of each state, best first; row by row. */
export interface BestItems {
  /** `[states, k]`; -Infinity where fewer than k items are left. NaN comes first. */
  readonly scores: Float32Array;
  /** `[states, k]`; -1 where fewer than k items are left. */
  readonly indices: Int32Array;
}

/** Longer lists are kept by slower code. */
const largestFused = 256;

/**
 * Returns the items with the highest dot products with some states; of equal ones the lower item comes first. A score that
 * is not a number comes before all others, so that it is seen; one of -Infinity is never returned. The kernel computes
 * scores and list together and writes no table of scores.
 *
 * @param hidden float32 `[states, units]`, borrowed.
 * @param table float32 `[items, units]`, borrowed.
 * @param options.k how many items, >= 1.
 * @param options.excluded of as many states and items.
 * @throws {LayerError} `bad-input` if the shapes do not fit.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0], [5, 6], [7, 8], [1, 1]])];
 * const excluded = new ExcludedItems(1, 4);
 * excluded.add(0, [2]);
 * bestItems(hidden, table, { k: 2, excluded }); // { scores: [17, 3], indices: [1, 3] }
 */
export const bestItems = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  { k, excluded }: { k: number; excluded: ExcludedItems },
): BestItems => {
  assertFits('bestItems', hidden, table, excluded);
  const states = hidden.shape[0];
  const best = noItems(states, k);
  if (!hasFused('RecsysBestItems') || k > largestFused) {
    forEachState(hidden, table, (state, scores) => {
      for (let i = 0; i < scores.length; i++) if (!excluded.has(state, i)) keepBest(best, state, k, i, scores[i]);
    });
    return best;
  }
  const outputs = runFused<tf.Tensor[]>('RecsysBestItems', { hidden, table }, { k, excluded: excluded.bits });
  const [scores, indices] = [outputs[0].dataSync<'float32'>(), outputs[1].dataSync<'int32'>()];
  tf.dispose(outputs);
  if (scores.length === states * k) return { scores, indices };
  const perState = scores.length / states; // the best ones of parts of the items, in the order of the parts
  for (let i = 0; i < scores.length; i++) keepBest(best, Math.floor(i / perState), k, indices[i], scores[i]);
  return best;
};

/** @internal Returns empty lists. */
export const noItems = (states: number, k: number): BestItems => ({
  scores: new Float32Array(states * k).fill(Number.NEGATIVE_INFINITY),
  indices: new Int32Array(states * k).fill(-1),
});

/** @internal Puts a score among the k best ones of a state; those with lower indices must be there already. */
export const keepBest = (
  { scores, indices }: BestItems,
  state: number,
  k: number,
  index: number,
  score: number,
): void => {
  const first = state * k;
  let place = first + k - 1;
  if (!(score > scores[place] || Number.isNaN(score))) return;
  while (place > first && (scores[place - 1] < score || Number.isNaN(score))) {
    scores[place] = scores[place - 1];
    indices[place] = indices[place - 1];
    place -= 1;
  }
  scores[place] = score;
  indices[place] = index;
};

/**
 * Returns how many items have a higher dot product with a state than its target, and how many the same one, without the
 * target. For ranks: no item is sorted. The kernel computes and compares scores together and writes no table of scores.
 *
 * @param hidden float32 `[states, units]`, borrowed.
 * @param table float32 `[items, units]`, borrowed.
 * @param targets an item for each state, not excluded.
 * @param options.excluded of as many states and items.
 * @returns `[states, 2]`, row by row; both -1 where a score is not a number, or that of the target is -Infinity.
 * @throws {LayerError} `bad-input` if the shapes do not fit.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0], [5, 6], [7, 8], [0, 0]])];
 * countAbove(hidden, table, Int32Array.of(3), { excluded: new ExcludedItems(1, 4) }); // [2, 1]
 */
export const countAbove = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: Int32Array,
  { excluded }: { excluded: ExcludedItems },
): Int32Array => {
  assertFits('countAbove', hidden, table, excluded);
  if (hasFused('RecsysCountAbove')) {
    const counts = tf.tidy(() =>
      runFused<tf.Tensor2D>(
        'RecsysCountAbove',
        { hidden, table, targets: tf.tensor1d(targets, 'int32') },
        { excluded: excluded.bits },
      ),
    );
    const values = counts.dataSync<'int32'>();
    counts.dispose();
    return values;
  }
  const counts = new Int32Array(2 * hidden.shape[0]);
  forEachState(hidden, table, (state, scores) => {
    const own = scores[targets[state]];
    let [above, equal, isOrdered] = [0, -1, own > Number.NEGATIVE_INFINITY];
    for (let i = 0; i < scores.length; i++) {
      if (excluded.has(state, i)) continue;
      above += Number(scores[i] > own);
      equal += Number(scores[i] === own);
      isOrdered &&= !Number.isNaN(scores[i]);
    }
    counts.set(isOrdered ? [above, equal] : [-1, -1], 2 * state);
  });
  return counts;
};

const assertFits = (where: string, hidden: tf.Tensor2D, table: tf.Tensor2D, { states, items }: ExcludedItems): void => {
  if (hidden.shape[1] === table.shape[1] && hidden.shape[0] === states && table.shape[0] === items) return;
  throw new LayerError(
    'bad-input',
    `${where}: states [${hidden.shape}], items [${table.shape}] and excluded items of [${states},${items}] do not fit`,
  );
};

/** Computes all scores of some states at a time, below 16 MB, and calls `use` with those of each. */
const forEachState = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  use: (state: number, scores: Float32Array) => void,
): void => {
  const [states, items] = [hidden.shape[0], table.shape[0]];
  const size = Math.max(1, Math.floor(2 ** 22 / items));
  for (let start = 0; start < states; start += size) {
    const count = Math.min(size, states - start);
    const block = tf.tidy(() => {
      const some = tf.slice(hidden, [start, 0], [count, -1]);
      return prefersTransposedMatMul() ? tf.matMul(some, table, false, true) : tf.matMul(some, tf.transpose(table));
    });
    const scores = block.dataSync<'float32'>();
    block.dispose();
    for (let i = 0; i < count; i++) use(start + i, scores.subarray(i * items, (i + 1) * items));
  }
};
