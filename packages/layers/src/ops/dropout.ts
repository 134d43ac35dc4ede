import * as tf from '@tensorflow/tfjs-core';
import { type DropoutMask, maskAttributes, randomBits } from './dropout-random.js';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/**
 * Returns `x` with each element dropped to 0 with probability `rate`, and the rest divided by `1 - rate`. Element `i` (in row-major
 * order) depends on `(key, i)` alone.
 *
 * @param x float32, any shape, borrowed.
 * @returns float32 of the shape of `x`, owned by the caller.
 * @example
 * const y = dropout(x, { rate: 0.2, key: randomKey(seed, step) });
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

/** `dropout` of plain tfjs ops. */
export const composedDropout = <T extends tf.Tensor>(x: T, mask: DropoutMask): T => {
  const { key, threshold, keptScale } = maskAttributes(mask);
  const factors = new Float32Array(x.size);
  for (let i = 0; i < factors.length; i++) factors[i] = randomBits(key, i) >= threshold ? keptScale : 0;
  return tf.tidy(() => tf.mul(x, tf.tensor(factors, x.shape))) as T;
};
