import * as tf from '@tensorflow/tfjs-core';

/**
 * Returns what computes now: the name of the tfjs backend, and its build where it has several. Results are bit-identical on one engine;
 * another one may round differently.
 *
 * @example
 * await selectBackend();
 * engineName(); // 'simd native-avx512'
 */
export const engineName = (): string => {
  const { build } = tf.backend() as { build?: string };
  return build === undefined ? tf.getBackend() : `${tf.getBackend()} ${build}`;
};
