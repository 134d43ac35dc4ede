import * as tf from '@tensorflow/tfjs-core';
import { gatherRows, scatterAddRows } from '../ops/rows.js';
import { withGradient } from '../ops/with-gradient.js';

/** Entry `e` adds `weights[e]` times row `columns[e]` of a table to sum `sums[e]`. All of one length. */
export interface SumEntries {
  readonly sums: Int32Array;
  readonly columns: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Returns weighted sums of rows of a table: `y[s]` is the sum of `weights[e] · table[columns[e]]` over the entries `e` with `sums[e] = s`. The cost of
 * value and gradient is that of the entries: entries × width.
 *
 * @param table float32 `[rows, width]`, borrowed.
 * @param numSums number of rows of the result, float32 `[numSums, width]`, owned by the caller; zeros where there is no entry.
 * @example
 * const table = tf.tensor2d([[1, 2], [30, 40]]);
 * const entries = { sums: Int32Array.of(0, 0, 2), columns: Int32Array.of(0, 1, 1), weights: Float32Array.of(1, 0.5, 1) };
 * weightedRowSums(table, entries, 3); // [[16, 22], [0, 0], [30, 40]]
 */
export const weightedRowSums = (table: tf.Tensor2D, entries: SumEntries, numSums: number): tf.Tensor2D =>
  withGradient<tf.Tensor2D>([table], (save) => {
    const [rows, width] = table.shape;
    const [value, sums, columns, weights] = tf.tidy(() => {
      const sums = tf.tensor1d(entries.sums, 'int32');
      const columns = tf.tensor1d(entries.columns, 'int32');
      const weights = tf.tensor2d(repeated(entries.weights, width), [entries.weights.length, width]);
      return [scatterAddRows(tf.mul(gatherRows(table, columns), weights), sums, numSums), sums, columns, weights];
    });
    save([sums, columns, weights]);
    return {
      value: value as tf.Tensor2D,
      gradient: (dy, [sums, columns, weights]) => [
        tf.tidy(() =>
          scatterAddRows(tf.mul(gatherRows(dy, sums as tf.Tensor1D), weights), columns as tf.Tensor1D, rows),
        ),
      ],
    };
  });

/**
 * Returns each value `times` times in a row. An elementwise product of equal shapes is several times as fast as one that broadcasts.
 * @example
 * repeated(Float32Array.of(1, 2), 3); // [1, 1, 1, 2, 2, 2]
 */
export const repeated = (values: Float32Array, times: number): Float32Array => {
  const all = new Float32Array(values.length * times);
  values.forEach((value, i) => {
    all.fill(value, i * times, (i + 1) * times);
  });
  return all;
};

/**
 * Returns rows of constant vectors times a matrix: `y[i] = vectors[rows[i]] · kernel`. Differentiable in the matrix alone; the cost is that of the
 * rows: rows × width × units.
 *
 * @param vectors float32 `[numRows, width]`, borrowed.
 * @param rows int32 `[n]`, 0 .. numRows - 1, borrowed; not checked.
 * @param kernel float32 `[width, units]`, borrowed.
 * @returns float32 `[n, units]`, owned by the caller.
 * @example
 * projectRows(tf.tensor2d([[0, 0], [1, 2]]), tf.tensor1d([1], 'int32'), tf.tensor2d([[10], [1]])); // [[12]]
 */
export const projectRows = (vectors: tf.Tensor2D, rows: tf.Tensor1D, kernel: tf.Tensor2D): tf.Tensor2D =>
  withGradient<tf.Tensor2D>([kernel], (save) => {
    const chosen = gatherRows(vectors, rows);
    save([chosen]);
    return {
      value: tf.matMul(chosen, kernel),
      gradient: (dy, [chosen]) => [tf.matMul(chosen as tf.Tensor2D, dy, true)],
    };
  });
