import * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions } from '../errors.js';
import { composedDropout } from './dropout.js';
import { type DropoutMask, maskAttributes } from './dropout-random.js';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

export interface DenseOptions {
  /** Default `linear`. */
  activation?: 'linear' | 'relu' | undefined;
  /** Dropout mask of the activations. Default none. */
  dropout?: DropoutMask | undefined;
  /** Added last: float32 `[tokens, out]`, borrowed. Not with `relu`. Default none. */
  residual?: tf.Tensor2D | undefined;
}

/**
 * Returns `residual + dropout(activation(x · kernel + bias))`.
 *
 * @param x float32 `[tokens, in]`, borrowed.
 * @param kernel float32 `[in, out]`, borrowed.
 * @param bias float32 `[out]`, borrowed.
 * @returns float32 `[tokens, out]`, owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * const x = tf.tensor2d([[1, 2]]);
 * const kernel = tf.tensor2d([[1, 0], [1, -2]]);
 * const bias = tf.tensor1d([0.5, 1]);
 * dense(x, kernel, bias, { activation: 'relu' }); // [[3.5, 0]]
 */
export const dense = (
  x: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D,
  options: DenseOptions = {},
): tf.Tensor2D => {
  assertKnownOptions('dense', options, ['activation', 'dropout', 'residual']);
  if (!hasFused('RecsysDense')) return composedDense(x, kernel, bias, options);
  const { activation = 'linear', dropout = { rate: 0, key: 0 }, residual } = options;
  const attributes = { relu: activation === 'relu', ...maskAttributes(dropout) };
  const inputs = [x, kernel, bias, ...(residual === undefined ? [] : [residual])];
  return withGradient<tf.Tensor2D>(inputs, (save) => {
    const value = runFused<tf.Tensor2D>('RecsysDense', { x, kernel, bias, residual }, attributes);
    save([x, kernel, bias, value]);
    return {
      value,
      gradient: (dy, [x, kernel, bias, y]) => {
        const gradients = runFused<tf.Tensor[]>('RecsysDenseGrad', { dy, y, x, kernel, bias }, attributes);
        return residual === undefined ? gradients : [...gradients, tf.clone(dy)];
      },
    };
  });
};

/**
 * `dense` composed of tfjs ops. The gradient transposes its operands first, because `wasm` multiplies transposed
 * matrices ten times slower.
 */
const composedDense = (
  x: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D,
  { activation = 'linear', dropout, residual }: DenseOptions = {},
): tf.Tensor2D => {
  const activated = withGradient<tf.Tensor2D>([x, kernel, bias], (save) => {
    const value = tf.fused.matMul({ a: x, b: kernel, bias, activation }) as tf.Tensor2D;
    save([x, kernel, value]);
    return {
      value,
      gradient: (dy, saved) => {
        const [x, kernel, y] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const dz: tf.Tensor2D = activation === 'relu' ? tf.mul(dy, tf.step(y)) : dy;
        return [tf.matMul(dz, tf.transpose(kernel)), tf.matMul(tf.transpose(x), dz), tf.sum(dz, 0)];
      },
    };
  });
  return tf.tidy(() => {
    const dropped = dropout === undefined || dropout.rate === 0 ? activated : composedDropout(activated, dropout);
    return residual === undefined ? dropped : tf.add(residual, dropped);
  }) as tf.Tensor2D;
};
