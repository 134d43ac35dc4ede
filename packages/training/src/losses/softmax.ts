import { gatherRows, scatterAddRows, withGradient } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import { numItemsOf } from '../sequential-model.js';
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

/** Scores held at a time by `crossEntropy`: 16 MB of float32. */
const largestBlock = 2 ** 22;

/**
 * Returns softmax cross-entropy over all items (Klenitskiy & Vasilev, RecSys 2023): the mean over tokens of -log softmax(scores)[target].
 * Scores are computed in blocks of tokens, and both gradients with them, so that memory does not grow with tokens × items. For models that
 * score by dot products.
 */
export const crossEntropy = (): Loss => ({
  name: 'cross-entropy',
  numNegatives: 0,
  compute: (model, hidden, { targets }) => {
    if (model.scores !== undefined)
      throw new TrainingError('crossEntropy: is for models that score by dot products, and this one has scores()');
    return withGradient<tf.Scalar>([hidden, model.itemVectors()], (save) => {
      const { loss, dHidden, dVectors } = lossAndGradients(hidden, model.itemVectors(), targets);
      save([dHidden, dVectors]);
      return {
        value: loss,
        gradient: (dy, saved) => saved.map((gradient) => tf.mul(gradient, dy)),
      };
    });
  },
});

/** Letters: N tokens, V items and the pad, U units. */
const lossAndGradients = (hidden: tf.Tensor2D, vectors: tf.Tensor2D, targets: Int32Array) =>
  tf.tidy(() => {
    const [tokens, units] = hidden.shape;
    const rows = vectors.shape[0];
    const size = Math.max(1, Math.floor(largestBlock / rows));
    const padNever = tf.tensor1d(Float32Array.from({ length: rows }, (_, row) => (row === 0 ? -1e9 : 0))); // [V]
    let loss = tf.scalar(0);
    let dVectors = tf.zeros<tf.Rank.R2>([rows, units]);
    const dHiddens: tf.Tensor2D[] = [];
    for (let start = 0; start < tokens; start += size) {
      const count = Math.min(size, tokens - start);
      const block = tf.tidy(() => {
        const h = tf.slice(hidden, [start, 0], [count, units]); // [n, U]
        const logits = tf.add(tf.matMul(h, vectors, false, true), padNever) as tf.Tensor2D; // [n, V]
        const logProbabilities = tf.logSoftmax(logits);
        const own = tf.tensor1d(
          Int32Array.from({ length: count }, (_, i) => i * rows + targets[start + i]!),
          'int32',
        );
        const ofTargets = tf.gather(tf.reshape(logProbabilities, [-1]), own);
        const probabilities = tf.exp(logProbabilities); // [n, V]
        return {
          loss: tf.sub(loss, tf.sum(ofTargets)) as tf.Scalar,
          dHidden: tf.matMul(probabilities, vectors) as tf.Tensor2D, // [n, U]
          dVectors: tf.add(dVectors, tf.matMul(probabilities, h, true)) as tf.Tensor2D, // [V, U]
        };
      });
      tf.dispose([loss, dVectors]);
      ({ loss, dVectors } = block);
      dHiddens.push(block.dHidden);
    }
    const targetRows = tf.tensor1d(targets, 'int32');
    return {
      loss: tf.div(loss, tokens) as tf.Scalar,
      dHidden: tf.div(tf.sub(tf.concat(dHiddens, 0), gatherRows(vectors, targetRows)), tokens),
      dVectors: tf.div(tf.sub(dVectors, scatterAddRows(hidden, targetRows, rows)), tokens),
    };
  });
