import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';

export interface SoftmaxAndLogSums {
  /** float32 `[rows, count]`, each row adds up to 1. */
  readonly probabilities: tf.Tensor2D;
  /** float32 `[rows]`: the logarithm of the sum of exponentials of each row. */
  readonly logSums: tf.Tensor1D;
}

/**
 * Returns the softmax of each row and the logarithm of its sum of exponentials, which a loss needs for its value and
 * gradient. Has no gradient itself.
 *
 * @param logits float32 `[rows, count]`, borrowed.
 * @returns tensors owned by the caller.
 * @example
 * const { probabilities, logSums } = softmaxAndLogSums(tf.zeros([1, 2])); // [[0.5, 0.5]] and [0.6931]
 */
export const softmaxAndLogSums = (logits: tf.Tensor2D): SoftmaxAndLogSums => {
  if (!hasFused('RecsysSoftmax')) return { probabilities: tf.softmax(logits), logSums: tf.logSumExp(logits, 1) };
  const [probabilities, logSums] = runFused<tf.Tensor[]>('RecsysSoftmax', { logits }) as [tf.Tensor2D, tf.Tensor1D];
  return { probabilities, logSums };
};
