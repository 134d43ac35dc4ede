import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/**
 * Returns each row of `x` normalised to mean 0 and variance 1, times `gamma` plus `beta` (Ba, Kiros & Hinton, 2016, equation 4).
 *
 * @param x float32 `[tokens, units]`, borrowed.
 * @param gamma float32 `[units]`, borrowed.
 * @param beta float32 `[units]`, borrowed.
 * @param epsilon added to the variance, > 0.
 * @returns float32 `[tokens, units]`, owned by the caller.
 * @example
 * const y = layerNorm(x, tf.ones([4]), tf.zeros([4]), 1e-8); // x: [tokens, 4]
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

/** `layerNorm` of plain tfjs ops. */
const composedLayerNorm = (x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon: number): tf.Tensor2D =>
  withGradient<tf.Tensor2D>([x, gamma, beta], (save) => {
    const centred = tf.sub(x, tf.mean(x, 1, true));
    const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon)); // [tokens, 1]
    const normalised = tf.mul(centred, inverseDeviation);
    save([normalised, inverseDeviation, gamma]);
    return {
      value: tf.add(tf.mul(normalised, gamma), beta),
      gradient: (dy, saved) => {
        const [normalised, inverseDeviation, gamma] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
        const dNormalised = tf.mul(dy, gamma);
        const alongMean = tf.mean(dNormalised, 1, true);
        const alongNormalised = tf.mul(normalised, tf.mean(tf.mul(dNormalised, normalised), 1, true));
        const dx = tf.mul(tf.sub(tf.sub(dNormalised, alongMean), alongNormalised), inverseDeviation);
        return [dx, tf.sum(tf.mul(dy, normalised), 0), tf.sum(dy, 0)];
      },
    };
  });
