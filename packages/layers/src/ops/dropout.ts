import * as tf from '@tensorflow/tfjs-core';
import { type DropoutMask, maskAttributes, randomBits } from './dropout-random.js';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/**
 * Sets each element of `x` to 0 with probability `rate`, and divides the rest by `1 - rate`. Whether element `i` (in
 * row-major order) is dropped depends only on `(key, i)`.
 *
 * @param x float32, any shape, borrowed.
 * @param mask rate and key.
 * @returns float32 of the shape of `x`, owned by the caller.
 * @example
 * dropout(tf.ones([2, 4]), { rate: 0.5, key: randomKey(1, 0) }); // [[0, 0, 2, 0], [0, 0, 0, 2]]
 */
export const dropout = <T extends tf.Tensor>(x: T, mask: DropoutMask): T => {
  if (mask.rate === 0) return tf.clone(x);
  if (!hasFused('RecsysDropout')) return composedDropout(x, mask);
  const attributes = maskAttributes(mask);
  return withGradient<tf.Tensor>([x], () => ({
    value: runFused('RecsysDropout', { x }, attributes),
    gradient: (dy) => [runFused('RecsysDropout', { x: dy }, attributes)],
  })) as T;
};

/** `dropout` composed of tfjs ops. */
export const composedDropout = <T extends tf.Tensor>(x: T, mask: DropoutMask): T => {
  const { key, threshold, keptScale } = maskAttributes(mask);
  const factors = new Float32Array(x.size);
  for (let i = 0; i < factors.length; i++) factors[i] = randomBits(key, i) >= threshold ? keptScale : 0;
  return tf.tidy(() => tf.mul(x, tf.tensor(factors, x.shape))) as T;
};
