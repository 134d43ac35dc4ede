import * as tf from '@tensorflow/tfjs-core';
import { LayerError } from '../../errors.js';
import { hasFused, runFused } from '../fused.js';

/** The best rows of a table for some queries, on the host. */
export interface TopRows {
  /** float32 `[queries * k]`, best first for each query; -Infinity where the table has fewer rows. If a score is NaN, so is the first of its query. */
  readonly scores: Float32Array;
  /** int32 `[queries * k]`; 0 where the score is -Infinity. */
  readonly rows: Int32Array;
}

/** Up to this many best rows are found fast by insertion into sorted lists. */
const largestK = 256;

/**
 * Returns whether `topRows` runs as one kernel that never stores all scores. If not, it is no faster than the product and a `topk`.
 *
 * @example
 * canFuseTopRows(10); // true on the `simd` backend, false on `cpu`
 */
export const canFuseTopRows = (k: number): boolean => k <= largestK && hasFused('RecsysTopScores');

/**
 * Returns the rows of a table with the largest dot products with each query. For inference: no gradient.
 *
 * @param hidden float32 `[queries, units]`, borrowed.
 * @param table float32 `[rows, units]`, borrowed.
 * @param k how many rows, >= 1.
 * @throws {LayerError} `bad-option` unless k is at least 1.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0], [5, 6], [7, 8]])];
 * topRows(hidden, table, 2); // { scores: [23, 17], rows: [2, 1] }
 */
export const topRows = (hidden: tf.Tensor2D, table: tf.Tensor2D, k: number): TopRows => {
  assertK('topRows', k);
  if (!canFuseTopRows(k) || hidden.shape[0] === 0) return composedTopRows(hidden, table, k);
  return merged(() => runFused('RecsysTopScores', { hidden, table }, { k }), hidden.shape[0], k);
};

export const assertK = (where: string, k: number): void => {
  if (!(Number.isSafeInteger(k) && k >= 1))
    throw new LayerError('bad-option', `${where}: k must be an integer of at least 1, got ${k}`);
};

/** @internal */
export const emptyLists = (queries: number, k: number): TopRows => ({
  scores: new Float32Array(queries * k).fill(Number.NEGATIVE_INFINITY),
  rows: new Int32Array(queries * k),
});

/** `topRows` composed of tfjs ops. */
const composedTopRows = (hidden: tf.Tensor2D, table: tf.Tensor2D, k: number): TopRows => {
  const [queries, rows] = [hidden.shape[0], table.shape[0]];
  const count = Math.min(k, rows);
  const read = tf.tidy(() => {
    const scores = tf.matMul(hidden, table, false, true);
    const { values, indices } = tf.topk(scores, count);
    const bad = tf.any(tf.isNaN(scores), 1);
    return [values, indices, bad].map((tensor) => tensor.dataSync()) as never;
  }) as [Float32Array, Int32Array, Uint8Array];
  const found = emptyLists(queries, k);
  for (let q = 0; q < queries; q++) {
    for (let i = 0; i < count; i++) {
      const score = read[0][q * count + i];
      if (score === Number.NEGATIVE_INFINITY) continue;
      found.scores[q * k + i] = score;
      found.rows[q * k + i] = read[1][q * count + i];
    }
    if (read[2][q] !== 0) found.scores[q * k] = Number.NaN;
  }
  return found;
};

/** @internal Returns the k best of the lists of blocks, each of which is k long and sorted. */
export const merged = (lists: () => tf.Tensor[], queries: number, k: number): TopRows => {
  const [values, indices] = tf.tidy(() => lists().map((list) => list.dataSync()) as never) as [
    Float32Array,
    Int32Array,
  ];
  const found = emptyLists(queries, k);
  const length = values.length / queries;
  for (let q = 0; q < queries; q++) {
    const scores = found.scores.subarray(q * k, (q + 1) * k);
    const rows = found.rows.subarray(q * k, (q + 1) * k);
    let isBad = false;
    for (let start = q * length; start < (q + 1) * length; start += k) {
      isBad ||= Number.isNaN(values[start]);
      for (let i = start; i < start + k && values[i] > scores[k - 1]; i++) insert(scores, rows, values[i], indices[i]);
    }
    if (isBad) scores[0] = Number.NaN;
  }
  return found;
};

/** @internal Puts a score into a sorted list, after those that are equal. */
export const insert = (scores: Float32Array, rows: Int32Array, score: number, row: number): void => {
  let place = scores.length - 1;
  for (; place > 0 && scores[place - 1] < score; place--) {
    scores[place] = scores[place - 1];
    rows[place] = rows[place - 1];
  }
  scores[place] = score;
  rows[place] = row;
};
