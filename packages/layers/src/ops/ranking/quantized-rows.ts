import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from '../fused.js';
import { pairwiseLogits } from '../pairwise-logits.js';
import { ExcludedItems } from './excluded-items.js';
import { type BestItems, bestItems, keepBest, noItems } from './rank-items.js';

/**
 * A table with each element rounded to 8 bits, beside the table itself: a quarter of its memory more, and a quarter of the memory to read for a
 * search. Owns its tensors.
 */
export interface QuantizedRows {
  /** Four codes in each int32, `[rows, width / 4]`; the width is that of the table, filled up to a multiple of 32. */
  readonly codes: tf.Tensor2D;
  /** float32 `[rows]`: what a code stands for. */
  readonly scales: tf.Tensor1D;
  /** float32 `[rows]`: the length of the difference of a row and its rounded form. */
  readonly errors: tf.Tensor1D;
  /** The largest length of a row. */
  readonly longest: number;
  dispose(): void;
}

const widthStep = 32;
const largestCode = 127;

/**
 * Returns the rounded form of a table: each row has a scale of its own, its largest element over 127.
 *
 * @param table float32 `[rows, units]`, borrowed.
 * @example
 * const quantized = quantizeRows(table);
 * bestQuantizedItems(hidden, table, { k: 10, quantized });
 * quantized.dispose();
 */
export const quantizeRows = (table: tf.Tensor2D): QuantizedRows => {
  const [rows, units] = table.shape;
  const width = Math.ceil(units / widthStep) * widthStep;
  const values = table.dataSync<'float32'>();
  const codes = new Int8Array(rows * width);
  const scales = new Float32Array(rows);
  const errors = new Float32Array(rows);
  let longest = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * units;
    let most = 0;
    for (let i = from; i < from + units; i++) most = Math.max(most, Math.abs(values[i]));
    const scale = Math.fround(most / largestCode) || 1;
    let [error, length] = [0, 0];
    for (let i = 0; i < units; i++) {
      const code = Math.round(values[from + i] / scale);
      codes[row * width + i] = code;
      error += (values[from + i] - code * scale) ** 2;
      length += values[from + i] ** 2;
    }
    scales[row] = scale;
    errors[row] = Math.sqrt(error);
    longest = Math.max(longest, Math.sqrt(length));
  }
  const tensors = {
    codes: tf.tensor2d(new Int32Array(codes.buffer), [rows, width / 4], 'int32'),
    scales: tf.tensor1d(scales),
    errors: tf.tensor1d(errors),
  };
  return { ...tensors, longest, dispose: () => tf.dispose(tensors) };
};

/** How many times as many rows as are wanted are scored exactly, and at least and at most how many. */
const candidatesPerRow = 4;
const [fewestCandidates, mostCandidates] = [32, 256];

/** For more states, `bestItems` is faster: it reads the table once for all of them, and then computes more per element. */
const mostStates = 3;

/** Relative error of a product of float32, which the rounded search allows for. */
const roundingError = 1e-5;

/**
 * Returns what `bestItems` returns where no item is excluded, from a quarter of the memory: the items with the highest upper bounds are found in
 * the rounded table, then scored exactly. Where the bound of the next item is above the k-th score, so that a better one could have been missed,
 * that state is searched exactly; so the result is exact always, and fast where scores differ by more than the rounding.
 *
 * |q·x − q̂·x̂| ≤ |q|·|x − x̂| + |q − q̂|·|x̂| by Cauchy and Schwarz, for a state q and an item x, and q̂ and x̂ their rounded forms.
 *
 * @param hidden float32 `[states, units]`, borrowed. With more than 3 states, a k above 64, or another backend than `simd`, the search is that of
 * `bestItems`, which is faster then.
 * @param table float32 `[items, units]`, borrowed; the one that was rounded.
 * @param options.k how many items, >= 1.
 * @example
 * const quantized = quantizeRows(table); // once
 * const { scores, indices } = bestQuantizedItems(hidden, table, { k: 10, quantized });
 */
export const bestQuantizedItems = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  { k, quantized }: { k: number; quantized: QuantizedRows },
): BestItems => {
  const count = Math.min(mostCandidates, Math.max(fewestCandidates, candidatesPerRow * k));
  const states = hidden.shape[0];
  const exactly = (some: tf.Tensor2D) =>
    bestItems(some, table, { k, excluded: new ExcludedItems(some.shape[0], table.shape[0]) });
  const isSlower = count < candidatesPerRow * k || states === 0 || states > mostStates;
  if (isSlower || !hasFused('RecsysTopBounds')) return exactly(hidden);
  const rounded = roundedStates(hidden, 4 * quantized.codes.shape[1]);
  const bounds = highestBounds(rounded, quantized, count);
  const scores = tf.tidy(() => {
    const candidates = tf.tensor2d(
      bounds.indices.map((item) => Math.max(0, item)),
      [states, count],
      'int32',
    );
    return pairwiseLogits(hidden, table, candidates).dataSync<'float32'>() as never;
  }) as Float32Array;
  const best = noItems(states, k);
  for (let state = 0; state < states; state++) {
    // By item, so that of equal scores the lower item comes first.
    const order = Array.from({ length: count }, (_, i) => state * count + i)
      .filter((i) => bounds.scores[i] > Number.NEGATIVE_INFINITY)
      .sort((a, b) => bounds.indices[a] - bounds.indices[b]);
    for (const i of order) keepBest(best, state, k, bounds.indices[i], scores[i]);
    const next = bounds.scores[(state + 1) * count - 1]; // no other item has a higher bound
    const slack = roundingError * rounded.lengths[state] * quantized.longest;
    const isSure = next === Number.NEGATIVE_INFINITY || best.scores[(state + 1) * k - 1] - slack > next;
    if (isSure && !Number.isNaN(bounds.scores[state * count])) continue;
    const own = tf.slice(hidden, [state, 0], [1, -1]);
    const exact = exactly(own);
    own.dispose();
    best.scores.set(exact.scores, state * k);
    best.indices.set(exact.indices, state * k);
  }
  return best;
};

/** Returns the items with the highest upper bounds of their scores, `[states, count]`. */
const highestBounds = (rounded: RoundedStates, quantized: QuantizedRows, count: number): BestItems => {
  const { codes, scales, errors } = quantized;
  const [values, indices] = tf.tidy(
    () =>
      runFused<tf.Tensor[]>('RecsysTopBounds', { ...tensorsOf(rounded), codes, scales, errors }, { k: count }).map(
        (list) => list.dataSync(),
      ) as never,
  ) as [Float32Array, Int32Array];
  const states = rounded.lengths.length;
  const best = noItems(states, count);
  const perState = values.length / states; // the lists of blocks of the items, in the order of the blocks
  for (let i = 0; i < values.length; i++) keepBest(best, Math.floor(i / perState), count, indices[i], values[i]);
  return best;
};

/** States as int16, and what a bound has of them. */
interface RoundedStates {
  readonly codes: Int16Array;
  /** `[states, 3]`, as the kernel takes them. */
  readonly factors: Float32Array;
  readonly lengths: Float64Array;
}

const roundedStates = (hidden: tf.Tensor2D, width: number): RoundedStates => {
  const [states, units] = hidden.shape;
  const values = hidden.dataSync<'float32'>();
  const codes = new Int16Array(states * width);
  const factors = new Float32Array(3 * states);
  const lengths = new Float64Array(states);
  const largest = Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / (largestCode * width))); // products stay below 2^31
  for (let state = 0; state < states; state++) {
    const own = values.subarray(state * units, (state + 1) * units);
    const scale = Math.fround(own.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / largest) || 1;
    let [error, length] = [0, 0];
    own.forEach((value, i) => {
      const code = Math.round(value / scale);
      codes[state * width + i] = code;
      error += (value - code * scale) ** 2;
      length += value ** 2;
    });
    lengths[state] = Math.sqrt(length);
    factors.set([scale, Math.sqrt(error * units) * largestCode, lengths[state]], 3 * state);
  }
  return { codes, factors, lengths };
};

/** Returns what the kernel takes, inside `tf.tidy`. */
const tensorsOf = ({ codes, factors, lengths }: RoundedStates) => ({
  hidden: tf.tensor2d(new Int32Array(codes.buffer), [lengths.length, codes.length / 2 / lengths.length], 'int32'),
  factors: tf.tensor2d(factors, [lengths.length, 3]),
});
