import type { SequenceBatch } from '@recsys/data';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from './errors.js';
import { type SequentialModel, scoreItems } from './sequential-model.js';

/** What training minimises. */
export interface Loss {
  /** Names the loss in run records. */
  readonly name: string;
  /** How many negatives each token of a batch must bring. */
  readonly numNegatives: number;
  /**
   * Returns the loss of a batch, differentiable in the model's weights; a float32 scalar owned by the caller.
   * @param hidden float32 `[tokens, hiddenUnits]`, what `model.encode(batch)` gave; borrowed.
   */
  compute(model: SequentialModel, hidden: tf.Tensor2D, batch: SequenceBatch): tf.Scalar;
}

/**
 * Returns binary cross-entropy with sampled negatives: the mean over tokens of softplus(-score of the target) plus the sum over its
 * negatives of softplus(score of the negative) (Kang & McAuley 2018, equation 6; the paper has one negative).
 *
 * @param options.numNegatives negatives a token, >= 1. Default 1.
 */
export const binaryCrossEntropy = ({ numNegatives = 1 }: { numNegatives?: number } = {}): Loss => {
  if (!Number.isSafeInteger(numNegatives) || numNegatives < 1) {
    throw new TrainingError(`binaryCrossEntropy: numNegatives must be an integer >= 1, got ${numNegatives}`);
  }
  return {
    name: 'binary-cross-entropy',
    numNegatives,
    compute: (model, hidden, batch) =>
      tf.tidy(() => {
        const tokens = batch.items.length;
        const scores = scoreItems(model, hidden, targetsAndNegatives(batch)); // [tokens, 1 + numNegatives]
        const signs = tf.tensor1d(Float32Array.from({ length: 1 + numNegatives }, (_, c) => (c === 0 ? -1 : 1)));
        return tf.div(tf.sum(tf.softplus(tf.mul(scores, signs))), tokens) as tf.Scalar;
      }),
  };
};

/**
 * Returns a loss plus `weight / 2` times the sum of squares of the embedding tables, as the SASRec authors' `l2_emb` option does.
 *
 * @param weight >= 0; 0 returns the loss itself.
 */
export const withEmbeddingL2 = (loss: Loss, weight: number): Loss => {
  if (weight === 0) return loss;
  return {
    ...loss,
    compute: (model, hidden, batch) =>
      tf.tidy(() => {
        const tables = model.trainableWeights().filter(({ name }) => name.endsWith('embeddings'));
        const squares = tables.map(({ variable }) => tf.sum(tf.square(variable)));
        const penalty = tf.mul(tf.addN([tf.scalar(0), ...squares]), weight / 2);
        return tf.add(loss.compute(model, hidden, batch), penalty) as tf.Scalar;
      }),
  };
};

/** Returns int32 `[tokens, 1 + numNegatives]`: each token's target, then its negatives. */
const targetsAndNegatives = ({ targets, negatives, numNegatives }: SequenceBatch): tf.Tensor2D => {
  const width = 1 + numNegatives;
  const candidates = new Int32Array(targets.length * width);
  for (let t = 0; t < targets.length; t++) {
    candidates[t * width] = targets[t]!;
    for (let n = 0; n < numNegatives; n++) candidates[t * width + 1 + n] = negatives[t * numNegatives + n]!;
  }
  return tf.tensor2d(candidates, [targets.length, width], 'int32');
};
