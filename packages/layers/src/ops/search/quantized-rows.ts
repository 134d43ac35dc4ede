import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from '../fused.js';
import { pairwiseLogits } from '../pairwise-logits.js';
import { gatherRows } from '../rows.js';
import { assertK, emptyLists, insert, merged, type TopRows, topRows } from './top-rows.js';

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
 * topRowsQuantized(hidden, table, 10, quantized);
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

/** For more queries, `topRows` is faster: it reads the table once for all of them, and then computes more per element. */
const mostQueries = 3;

/** Relative error of a product of float32, which the rounded search allows for. */
const roundingError = 1e-5;

/**
 * Returns what `topRows` returns, from a quarter of the memory: the rows with the highest upper bounds are found in the rounded table, then scored
 * exactly. Where the bound of the next row is above the k-th score, so that a better row could have been missed, that query is searched exactly;
 * so the result is exact always, and fast where scores differ by more than the rounding.
 *
 * |q·x − q̂·x̂| ≤ |q|·|x − x̂| + |q − q̂|·|x̂| by Cauchy and Schwarz, for a query q and a row x, and q̂ and x̂ their rounded forms.
 *
 * @param hidden float32 `[queries, units]`, borrowed. With more than 3 queries, a k above 64, or another backend than `simd`, the search is that of
 * `topRows`, which is faster then.
 * @param table float32 `[rows, units]`, borrowed; the one that was rounded.
 * @param k how many rows, >= 1.
 * @throws {LayerError} `bad-option` unless k is at least 1.
 * @example
 * const quantized = quantizeRows(table); // once
 * const { scores, rows } = topRowsQuantized(hidden, table, 10, quantized);
 */
export const topRowsQuantized = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  k: number,
  quantized: QuantizedRows,
): TopRows => {
  assertK('topRowsQuantized', k);
  const count = Math.min(mostCandidates, Math.max(fewestCandidates, candidatesPerRow * k));
  const queries = hidden.shape[0];
  const isSlower = count < candidatesPerRow * k || queries === 0 || queries > mostQueries;
  if (isSlower || !hasFused('RecsysTopBounds')) return topRows(hidden, table, k);
  const { codes, scales, errors, longest } = quantized;
  const rounded = roundedQueries(hidden, 4 * codes.shape[1]);
  const bounds = merged(
    () => runFused('RecsysTopBounds', { ...tensorsOf(rounded), codes, scales, errors }, { k: count }),
    queries,
    count,
  );
  const found = emptyLists(queries, k);
  const exact = tf.tidy(() => {
    const candidates = tf.tensor2d(bounds.rows, [queries, count], 'int32');
    return pairwiseLogits(hidden, table, candidates).dataSync<'float32'>() as never;
  }) as Float32Array;
  const unsure: number[] = [];
  for (let q = 0; q < queries; q++) {
    const [scores, rows] = [found.scores.subarray(q * k, (q + 1) * k), found.rows.subarray(q * k, (q + 1) * k)];
    // By row, so that of equal scores the lower row comes first.
    const order = Array.from({ length: count }, (_, i) => q * count + i)
      .filter((i) => bounds.scores[i] > Number.NEGATIVE_INFINITY)
      .sort((a, b) => bounds.rows[a] - bounds.rows[b]);
    for (const i of order) if (exact[i] > scores[k - 1]) insert(scores, rows, exact[i], bounds.rows[i]);
    const next = bounds.scores[(q + 1) * count - 1]; // no row that is left out has a higher bound
    const slack = roundingError * rounded.lengths[q] * longest;
    const isSure = next === Number.NEGATIVE_INFINITY || scores[k - 1] - slack > next;
    if (!isSure || Number.isNaN(bounds.scores[q * count])) unsure.push(q);
  }
  if (unsure.length > 0) searchAgain(hidden, table, k, { unsure, found });
  return found;
};

/** Replaces the lists of some queries by those of an exact search. */
const searchAgain = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  k: number,
  { unsure, found }: { unsure: number[]; found: TopRows },
): void => {
  const queries = tf.tidy(() => gatherRows(hidden, tf.tensor1d(unsure, 'int32')));
  const again = topRows(queries, table, k);
  queries.dispose();
  unsure.forEach((q, i) => {
    found.scores.set(again.scores.subarray(i * k, (i + 1) * k), q * k);
    found.rows.set(again.rows.subarray(i * k, (i + 1) * k), q * k);
  });
};

/** Queries as int16, and what a bound has of them. */
interface RoundedQueries {
  readonly codes: Int16Array;
  /** `[queries, 3]`, as the kernel takes them. */
  readonly factors: Float32Array;
  readonly lengths: Float64Array;
}

const roundedQueries = (hidden: tf.Tensor2D, width: number): RoundedQueries => {
  const [queries, units] = hidden.shape;
  const values = hidden.dataSync<'float32'>();
  const codes = new Int16Array(queries * width);
  const factors = new Float32Array(3 * queries);
  const lengths = new Float64Array(queries);
  const largest = Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / (largestCode * width))); // products stay below 2^31
  for (let q = 0; q < queries; q++) {
    const own = values.subarray(q * units, (q + 1) * units);
    const scale = Math.fround(own.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / largest) || 1;
    let [error, length] = [0, 0];
    own.forEach((value, i) => {
      const code = Math.round(value / scale);
      codes[q * width + i] = code;
      error += (value - code * scale) ** 2;
      length += value ** 2;
    });
    lengths[q] = Math.sqrt(length);
    factors.set([scale, Math.sqrt(error * units) * largestCode, lengths[q]], 3 * q);
  }
  return { codes, factors, lengths };
};

/** Returns what the kernel takes, inside `tf.tidy`. */
const tensorsOf = ({ codes, factors, lengths }: RoundedQueries) => ({
  hidden: tf.tensor2d(new Int32Array(codes.buffer), [lengths.length, codes.length / 2 / lengths.length], 'int32'),
  factors: tf.tensor2d(factors, [lengths.length, 3]),
});
