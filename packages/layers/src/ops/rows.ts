import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/**
 * Returns rows of a table: `y[i] = table[indices[i]]`. The gradient is one scatter, in which repeated indices add up;
 * the gradient of `tf.gather` loops over all rows of the table on the `cpu` backend and does not exist on `wasm`.
 *
 * @param table float32 `[rows, width]`, borrowed.
 * @param indices int32 `[n]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[n, width]`, owned by the caller.
 * @example
 * gatherRows(tf.tensor2d([[1, 2], [3, 4], [5, 6]]), tf.tensor1d([2, 0], 'int32')); // [[5, 6], [1, 2]]
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
 * Returns a table of zeros in which row `indices[i]` is `x[i]`: the inverse of `gatherRows`.
 *
 * @param x float32 `[n, width]`, borrowed.
 * @param indices int32 `[n]`, distinct, 0 .. rows - 1, borrowed; not checked.
 * @param rows number of rows of the result.
 * @returns float32 `[rows, width]`, owned by the caller.
 * @example
 * scatterRows(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([2, 0], 'int32'), 3); // [[3, 4], [0, 0], [1, 2]]
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
 * Adds each `values[i]` to row `indices[i]` of a table of zeros; repeated indices add up. Has no gradient.
 *
 * @param values float32 `[n, width]`, borrowed.
 * @param indices int32 `[n]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[rows, width]`, owned by the caller.
 * @example
 * scatterAddRows(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([1, 1], 'int32'), 3); // [[0, 0], [4, 6], [0, 0]]
 */
export const scatterAddRows = (values: tf.Tensor2D, indices: tf.Tensor1D, rows: number): tf.Tensor2D =>
  hasFused('RecsysGatherRowsGrad')
    ? runFused('RecsysGatherRowsGrad', { dy: values, indices }, { rows })
    : tf.scatterND(tf.reshape(indices, [-1, 1]), values, [rows, values.shape[1]]);

/** Rows of a table. */
export interface TableRows {
  /** int32 `[n]`, distinct, ascending. */
  readonly indices: tf.Tensor1D;
  /** float32 `[n, width]`, the rows at these indices. */
  readonly values: tf.Tensor2D;
}

/**
 * Returns the rows of a table that its gradient moves: `scatterAddRows(values, indices, rows)` is the gradient again. Where the backend has
 * the gradient as a list of row updates, these are the rows of the list, and the table is never made; elsewhere those with a nonzero element.
 * Reads values, so it has no gradient.
 *
 * @param gradient float32 `[rows, width]`, borrowed.
 * @returns tensors owned by the caller.
 * @example
 * gradientRows(tf.tensor2d([[0, 0], [0, 4], [5, 6]])); // indices [1, 2], values [[0, 4], [5, 6]]
 */
export const gradientRows = (gradient: tf.Tensor2D): TableRows => {
  const rows = hasFused('RecsysGradientRows') ? runFused<tf.Tensor[]>('RecsysGradientRows', { gradient }) : [];
  const [indices, values] = rows as [tf.Tensor1D?, tf.Tensor2D?];
  return indices !== undefined && values !== undefined ? { indices, values } : nonzeroRows(gradient);
};

const nonzeroRows = (gradient: tf.Tensor2D): TableRows => {
  const [rows, width] = gradient.shape;
  const values = gradient.dataSync<'float32'>();
  const found: number[] = [];
  for (let row = 0; row < rows; row++) {
    let at = row * width;
    while (at < (row + 1) * width && values[at] === 0) at++;
    if (at < (row + 1) * width) found.push(row);
  }
  const indices = tf.tensor1d(found, 'int32');
  return { indices, values: found.length === 0 ? tf.zeros([0, width]) : tf.gather(gradient, indices) };
};
