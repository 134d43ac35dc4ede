import { withGradient } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './loss.js';

/**
 * Returns a loss plus `weight / 2` times the sum of squares of the embedding tables, as the SASRec authors' `l2_emb` option does.
 *
 * @param weight >= 0; 0 returns the loss itself.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: withEmbeddingL2(binaryCrossEntropy(), 1e-4) }); // the same as embeddingL2: 1e-4
 */
export const withEmbeddingL2 = (loss: Loss, weight: number): Loss => {
  if (weight === 0) return loss;
  const { forTraining } = loss;
  return {
    ...loss,
    ...(forTraining && { forTraining: (train) => withEmbeddingL2(forTraining(train), weight) }),
    compute: (model, hidden, batch, step) =>
      tf.tidy(() => {
        const tables = model.trainableWeights().filter(({ isEmbedding }) => isEmbedding);
        const squares = tables.map(({ variable }) => sumOfSquares(variable));
        const penalty = tf.mul(tf.addN([tf.scalar(0), ...squares]), weight / 2);
        return tf.add(loss.compute(model, hidden, batch, step), penalty) as tf.Scalar;
      }),
  };
};

/** The sum of squares: one node on the tape, whose gradient is one product. */
const sumOfSquares = (x: tf.Tensor): tf.Scalar =>
  withGradient<tf.Scalar>([x], (save) => {
    save([x]);
    return { value: tf.sum(tf.square(x)), gradient: (dy, [x]) => [tf.mul(x, tf.mul(dy, 2))] };
  });
