import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../with-gradient.js';

/**
 * Returns x · Φ(x), element by element: GELU (Hendrycks & Gimpel 2016, section 2), by the error function.
 *
 * @param x float32, any shape, borrowed.
 * @returns float32 of the shape of `x`, owned by the caller.
 * @example
 * gelu(tf.tensor1d([-1, 0, 1])); // [-0.1587, 0, 0.8413]
 */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  withGradient<tf.Tensor>([x], (save) => {
    const below = tf.tidy(() => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5)); // Φ(x)
    save([x, below]);
    return {
      value: tf.mul(x, below),
      gradient: (dy, [x, below]) => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)); // φ(x)
        return [tf.mul(dy, tf.add(below, tf.mul(x, density)))];
      },
    };
  }) as T;
