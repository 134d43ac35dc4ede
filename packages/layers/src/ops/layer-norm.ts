import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/**
 * Normalizes each row of `x` to mean 0 and variance 1, then multiplies by `gamma` and adds `beta` (Ba, Kiros & Hinton
 * 2016, equation 4).
 *
 * @param x float32 `[tokens, units]`, borrowed.
 * @param gamma float32 `[units]`, borrowed.
 * @param beta float32 `[units]`, borrowed.
 * @param epsilon added to the variance, > 0.
 * @returns float32 `[tokens, units]`, owned by the caller.
 * @example
 * layerNorm(tf.tensor2d([[1, 3]]), tf.tensor1d([1, 2]), tf.tensor1d([0, 10]), 1e-8); // [[-1, 12]]
 */
export const layerNorm = (x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon: number): tf.Tensor2D => {
  if (!hasFused('RecsysLayerNorm')) return composedLayerNorm(x, gamma, beta, epsilon);
  return withGradient<tf.Tensor2D>([x, gamma, beta], (save) => {
    const outputs = runFused<tf.Tensor[]>('RecsysLayerNorm', { x, gamma, beta }, { epsilon });
    const [value, means, inverses] = outputs as [tf.Tensor2D, tf.Tensor, tf.Tensor];
    save([x, gamma, means, inverses]);
    return {
      value,
      gradient: (dy, [x, gamma, means, inverses]) =>
        runFused<tf.Tensor[]>('RecsysLayerNormGrad', { dy, x, gamma, means, inverses }),
    };
  });
};

/** `layerNorm` composed of tfjs ops. */
const composedLayerNorm = (x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon: number): tf.Tensor2D =>
  withGradient<tf.Tensor2D>([x, gamma, beta], (save) => {
    const centered = tf.sub(x, tf.mean(x, 1, true));
    const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centered), 1, true), epsilon)); // [tokens, 1]
    const normalized = tf.mul(centered, inverseDeviation);
    save([normalized, inverseDeviation, gamma]);
    return {
      value: tf.add(tf.mul(normalized, gamma), beta),
      gradient: (dy, saved) => {
        const [normalized, inverseDeviation, gamma] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
        const dNormalized = tf.mul(dy, gamma);
        const alongMean = tf.mean(dNormalized, 1, true);
        const alongNormalized = tf.mul(normalized, tf.mean(tf.mul(dNormalized, normalized), 1, true));
        const dx = tf.mul(tf.sub(tf.sub(dNormalized, alongMean), alongNormalized), inverseDeviation);
        return [dx, tf.sum(tf.mul(dy, normalized), 0), tf.sum(dy, 0)];
      },
    };
  });
