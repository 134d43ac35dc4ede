import * as tf from '@tensorflow/tfjs-core';
import { dropThreshold, randomBits } from './dropout-random.js';

/**
 * Returns `x` with each element dropped to 0 with probability `rate`, and the rest divided by `1 - rate`. Element `i` (in row-major
 * order) depends on `(key, i)` alone.
 *
 * @param x float32, any shape, borrowed.
 * @param rate in [0, 1).
 * @param key names the mask, from `randomKey`.
 * @returns float32 of the shape of `x`, owned by the caller.
 */
export const dropout = <T extends tf.Tensor>(x: T, rate: number, key: number): T => {
  if (rate === 0) return tf.clone(x);
  const threshold = dropThreshold(rate);
  const kept = 1 / (1 - rate);
  const mask = new Float32Array(x.size);
  for (let i = 0; i < mask.length; i++) mask[i] = randomBits(key, i) >= threshold ? kept : 0;
  return tf.tidy(() => tf.mul(x, tf.tensor(mask, x.shape))) as T;
};
