import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from './with-gradient.js';

export type DenseActivation = 'linear' | 'relu';

/**
 * Returns `activation(x · kernel + bias)`. The gradient transposes its operands first: the `wasm` backend multiplies plain matrices
 * some ten times faster than transposed ones.
 *
 * @param x float32 `[tokens, in]`, borrowed.
 * @param kernel float32 `[in, out]`, borrowed.
 * @param bias float32 `[out]`, borrowed.
 * @returns float32 `[tokens, out]`, owned by the caller.
 */
export const dense = (
  x: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D,
  activation: DenseActivation = 'linear',
): tf.Tensor2D =>
  withGradient<tf.Tensor2D>([x, kernel, bias], (save) => {
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
