import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from '../fused.js';
import { withGradient } from '../with-gradient.js';

/**
 * Returns x · sigmoid(x), element by element: SiLU, also called swish (Elfwing et al. 2018, equation 3).
 *
 * @param x float32, any shape, borrowed.
 * @returns float32 of the shape of `x`, owned by the caller.
 * @example
 * silu(tf.tensor1d([-1, 0, 1])); // [-0.2689, 0, 0.7311]
 */
export const silu = <T extends tf.Tensor>(x: T): T =>
  withGradient<tf.Tensor>([x], (save) => {
    save([x]);
    return {
      value: hasFused('RecsysSilu') ? runFused('RecsysSilu', { x }) : tf.mul(x, tf.sigmoid(x)),
      gradient: (dy, [x]) => [
        hasFused('RecsysSiluGrad') ? runFused('RecsysSiluGrad', { a: dy, b: x }) : tf.mul(dy, siluSlope(x)),
      ],
    };
  }) as T;

/** Returns the derivative of SiLU: s · (1 + x · (1 - s)) with s = sigmoid(x). */
const siluSlope = <T extends tf.Tensor>(x: T): T => {
  const s = tf.sigmoid(x);
  return tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s)))) as T;
};
