import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/**
 * Returns rows of a table: `y[i] = table[indices[i]]`. Repeated indices add up in the gradient, which is one scatter; the gradient
 * of stock `tf.gather` loops over every row of the table on the `cpu` backend and does not exist on `wasm`.
 *
 * @param table float32 `[rows, width]`, borrowed.
 * @param indices int32 `[n]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[n, width]`, owned by the caller.
 * @example
 * const rows = gatherRows(table, tf.tensor1d([7, 3], 'int32')); // [2, width]
 */
export const gatherRows = (table: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D =>
  withGradient<tf.Tensor2D>([table], (save) => {
    save([indices]);
    const rows = table.shape[0];
    const fused = hasFused('RecsysGatherRows');
    return {
      value: fused ? runFused('RecsysGatherRows', { table, indices }) : tf.gather(table, indices),
      gradient: (dy, [indices]) => [scatterAddRows(dy, indices as tf.Tensor1D, rows)],
    };
  });

/**
 * Returns a table of zeros in which row `indices[i]` is `x[i]`: the inverse of `gatherRows` where no index is repeated.
 *
 * @param x float32 `[n, width]`, borrowed.
 * @param indices int32 `[n]`, distinct, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[rows, width]`, owned by the caller.
 * @example
 * const table = scatterRows(x, tf.tensor1d([7, 3], 'int32'), 10); // [2, width] to [10, width]
 */
export const scatterRows = (x: tf.Tensor2D, indices: tf.Tensor1D, rows: number): tf.Tensor2D =>
  withGradient([x], (save) => {
    save([indices]);
    return {
      value: scatterAddRows(x, indices, rows),
      gradient: (dy, [indices]) => [tf.gather(dy, indices as tf.Tensor1D)],
    };
  });

/**
 * Returns a table of zeros to whose row `indices[i]` each `values[i]` is added; repeated indices add up. Has no gradient.
 *
 * @param values float32 `[n, width]`, borrowed.
 * @param indices int32 `[n]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[rows, width]`, owned by the caller.
 * @example
 * const gradient = scatterAddRows(dy, indices, table.shape[0]);
 */
export const scatterAddRows = (values: tf.Tensor2D, indices: tf.Tensor1D, rows: number): tf.Tensor2D =>
  hasFused('RecsysGatherRowsGrad')
    ? runFused('RecsysGatherRowsGrad', { dy: values, indices }, { rows })
    : tf.scatterND(tf.reshape(indices, [-1, 1]), values, [rows, values.shape[1]]);
