import * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions } from '../errors.js';
import { withGradient } from './with-gradient.js';

export interface UnitRowsOptions {
  /** Length of the resulting rows. Default 1. */
  length?: number | undefined;
  /** Rows shorter than this are divided by it, and not by their length. Default 1e-6. */
  smallest?: number | undefined;
}

/**
 * Returns rows scaled to one length, so that dot products of two such tables are cosines, times their lengths.
 *
 * @param x float32 `[rows, width]`, borrowed.
 * @returns float32 `[rows, width]`, owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * unitRows(tf.tensor2d([[3, 4], [0, 0]]), { length: 10 }); // [[6, 8], [0, 0]]
 */
export const unitRows = (x: tf.Tensor2D, options: UnitRowsOptions = {}): tf.Tensor2D => {
  assertKnownOptions('unitRows', options, ['length', 'smallest']);
  const { length = 1, smallest = 1e-6 } = options;
  return withGradient<tf.Tensor2D>([x], (save) => {
    const norms = tf.sqrt(tf.sum(tf.square(x), 1, true)); // [rows, 1]
    const factors = tf.div(length, tf.maximum(norms, smallest));
    const y = tf.mul<tf.Tensor2D>(x, factors);
    save([y, factors, tf.greater(norms, smallest)]);
    return {
      value: y,
      gradient: (dy, saved) => {
        const [y, factors, isLong] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const along = tf.sum(tf.mul(dy, y), 1, true); // [rows, 1]; 0 where a row is divided by a constant
        const kept = tf.mul(along, tf.div(tf.cast(isLong, 'float32'), length * length));
        return [tf.mul(tf.sub(dy, tf.mul(y, kept)), factors)];
      },
    };
  });
};
