import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';

export interface SoftmaxAndLogSums {
  /** Float32 `[rows, count]`, each row adds up to 1. */
  readonly probabilities: tf.Tensor2D;
  /** Float32 `[rows]`: the logarithm of the sum of exponentials of each row. */
  readonly logSums: tf.Tensor1D;
}

/**
 * Returns the softmax of each row, and the logarithm of its sum of exponentials; what a loss needs for its value and its gradient. Has no
 * gradient of its own.
 *
 * @param logits float32 `[rows, count]`, borrowed.
 * @returns tensors owned by the caller.
 * @example
 * const { probabilities, logSums } = softmaxAndLogSums(logits);
 */
export const softmaxAndLogSums = (logits: tf.Tensor2D): SoftmaxAndLogSums => {
  if (!hasFused('RecsysSoftmax')) return { probabilities: tf.softmax(logits), logSums: tf.logSumExp(logits, 1) };
  const [probabilities, logSums] = runFused<tf.Tensor[]>('RecsysSoftmax', { logits }) as [tf.Tensor2D, tf.Tensor1D];
  return { probabilities, logSums };
};
