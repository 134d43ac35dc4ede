import { numItemsOf } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { assertNegatives, candidateScores, type Loss, type NegativesOptions, perCandidate } from './loss.js';

/**
 * Returns softmax cross-entropy over the target and uniform negatives, with the logQ correction: each negative stands for
 * (numItems - 1) / numNegatives items, so the logarithm of that is added to its score (Bengio & Senécal 2008; Yi et al., RecSys 2019,
 * equation 3). Its expectation nears that of `crossEntropy` as negatives grow.
 *
 * @param options.numNegatives default 256.
 */
export const sampledSoftmax = ({ numNegatives = 256 }: NegativesOptions = {}): Loss => {
  assertNegatives('sampledSoftmax', numNegatives);
  return {
    name: 'sampled-softmax',
    numNegatives,
    compute: (model, hidden, batch) =>
      tf.tidy(() => {
        const correction = Math.log(Math.max(1, numItemsOf(model) - 1) / numNegatives);
        const scores = tf.add(candidateScores(model, hidden, batch), perCandidate(numNegatives, 0, correction));
        const ofTarget = tf.slice(tf.logSoftmax(scores as tf.Tensor2D), [0, 0], [-1, 1]);
        return tf.neg(tf.mean(ofTarget)) as tf.Scalar;
      }),
  };
};
