import { gatherRows, scatterAddRows, softmaxAndLogSums, withGradient } from '@recsys/layers';
import { numItemsOf, type SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import { assertLossOptions, type Loss, type NegativesOptions } from './loss.js';

/** Scores held at a time by `crossEntropy`: 16 MB of float32. */
const largestBlock = 2 ** 22;

/**
 * Returns softmax cross-entropy over all items (Klenitskiy & Vasilev, RecSys 2023, equation 3): the mean over tokens of
 * -log softmax(scores)[target]. Scores are computed in blocks of tokens, and both gradients with them, so that memory does not grow with
 * tokens × items. For models that score by dot products. It takes no options.
 *
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: crossEntropy() });
 */
export const crossEntropy = (): Loss => ({
  name: 'cross-entropy',
  numNegatives: 0,
  compute: (model, hidden, { targets }) =>
    meanLoss('crossEntropy', model, hidden, targets, (vectors, targetScores) => {
      const [rows, units] = vectors.shape;
      const items = tf.slice(vectors, [1, 0], [rows - 1, units]); // all but the pad
      const size = Math.max(1, Math.floor(largestBlock / rows));
      const blocks: Block[] = [];
      let dItems = tf.zeros<tf.Rank.R2>([rows - 1, units]);
      for (let start = 0; start < targets.length; start += size) {
        const count = Math.min(size, targets.length - start);
        const block = softmaxBlock(rowsFrom(hidden, start, count), items, tf.slice(targetScores, start, count), true);
        const sum = tf.add<tf.Tensor2D>(dItems, block.dCandidates);
        tf.dispose([dItems, block.dCandidates]);
        dItems = sum;
        blocks.push(block);
      }
      return { blocks, dVectors: tf.concat([tf.zeros([1, units]), dItems]) as tf.Tensor2D };
    }),
});

export interface SharedCrossEntropyOptions extends NegativesOptions {
  /** Whether each negative stands for (numItems - 1) / numNegatives items, as in `sampledSoftmax`. Default false, as in the paper. */
  logQ?: boolean | undefined;
}

/**
 * Returns softmax cross-entropy over the target and negatives that all tokens of a sequence share (Klenitskiy & Vasilev, RecSys 2023,
 * section 3.3): scores are one small matrix product per sequence, so that thousands of negatives cost little. For models that score by dot
 * products.
 *
 * @param options.numNegatives per sequence; default 256. The paper has 3,000.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: sharedCrossEntropy({ numNegatives: 1000 }) });
 */
export const sharedCrossEntropy = (options: SharedCrossEntropyOptions = {}): Loss => {
  assertLossOptions('sharedCrossEntropy', options, ['numNegatives', 'logQ']);
  const { numNegatives = 256, logQ = false } = options;
  return {
    name: logQ ? 'shared-cross-entropy-log-q' : 'shared-cross-entropy',
    numNegatives,
    sharedNegatives: true,
    compute: (model, hidden, { size, offsets, targets, negatives }) =>
      meanLoss('sharedCrossEntropy', model, hidden, targets, (vectors, targetScores) => {
        const correction = logQ ? Math.log(Math.max(1, numItemsOf(model) - 1) / numNegatives) : 0;
        const bars = tf.sub<tf.Tensor1D>(targetScores, correction); // the target against negatives that each stand for several items
        const blocks = Array.from({ length: size }, (_, b) => {
          const start = offsets[b];
          const count = offsets[b + 1] - start;
          return tf.tidy(() => {
            const own = tf.tensor1d(negatives.subarray(b * numNegatives, (b + 1) * numNegatives), 'int32');
            const scores = tf.slice(bars, start, count);
            return softmaxBlock(rowsFrom(hidden, start, count), gatherRows(vectors, own), scores, false);
          });
        });
        const dCandidates = tf.concat(blocks.map((block) => block.dCandidates));
        return {
          blocks,
          dVectors: scatterAddRows(dCandidates, tf.tensor1d(negatives, 'int32'), vectors.shape[0]),
        };
      }),
  };
};

/** What some tokens add to the loss and its gradients. Letters: n tokens, C candidates, U units. */
type Block = {
  /** `[n]`: -log of the probability of each target. */
  readonly losses: tf.Tensor1D;
  /** `[n, 1]`: how much each token pulls its target: the gradient of its loss by the target's score, negated. */
  readonly weights: tf.Tensor2D;
  /** `[n, U]`: the gradient by the hidden states, without the targets' part. */
  readonly dHidden: tf.Tensor2D;
  /** `[C, U]`: the gradient by the vectors of the candidates, without the targets' part. */
  readonly dCandidates: tf.Tensor2D;
};

/** Returns the losses of tokens and their gradients, in one pass over their scores; `targetAmong`: the target is one of the candidates. */
const softmaxBlock = (
  hidden: tf.Tensor2D,
  candidates: tf.Tensor2D,
  targetScores: tf.Tensor1D,
  targetAmong: boolean,
): Block =>
  tf.tidy(() => {
    const { probabilities, logSums } = softmaxAndLogSums(tf.matMul(hidden, candidates, false, true)); // [n, C], [n]
    const margins = tf.sub<tf.Tensor1D>(logSums, targetScores);
    const weights = tf.expandDims(targetAmong ? tf.onesLike(margins) : tf.sigmoid(margins), 1);
    return {
      losses: targetAmong ? margins : tf.softplus(margins),
      weights: weights as tf.Tensor2D,
      dHidden: tf.mul(tf.matMul(probabilities, candidates), weights),
      dCandidates: tf.matMul(probabilities, tf.mul<tf.Tensor2D>(hidden, weights), true),
    };
  });

/** Returns the mean loss of all tokens, from blocks that hold its gradients. */
const meanLoss = (
  name: string,
  model: SequentialModel,
  hidden: tf.Tensor2D,
  targets: Int32Array,
  softmax: (vectors: tf.Tensor2D, targetScores: tf.Tensor1D) => { blocks: readonly Block[]; dVectors: tf.Tensor2D },
): tf.Scalar => {
  if (model.scores !== undefined)
    throw new TrainingError(
      'bad-option',
      `${name}: is for models that score by dot products, and this one has scores()`,
    );
  return withGradient<tf.Scalar>([hidden, model.itemVectors()], (save) => {
    const vectors = model.itemVectors();
    const targetRows = tf.tensor1d(targets, 'int32');
    const targetVectors = gatherRows(vectors, targetRows);
    const targetScores = tf.sum<tf.Tensor1D>(tf.mul(hidden, targetVectors), 1);
    const { blocks, dVectors } = softmax(vectors, targetScores);
    const weights = tf.concat(blocks.map((block) => block.weights));
    const dHidden = tf.sub(tf.concat(blocks.map((block) => block.dHidden)), tf.mul(targetVectors, weights));
    const dTargets = scatterAddRows(tf.mul(hidden, weights), targetRows, vectors.shape[0]);
    save([dHidden, tf.sub(dVectors, dTargets)]);
    return {
      value: tf.mean(tf.concat(blocks.map((block) => block.losses))) as tf.Scalar,
      gradient: (dy, saved) => saved.map((gradient) => tf.mul(gradient, tf.div(dy, targets.length))),
    };
  });
};

const rowsFrom = (x: tf.Tensor2D, start: number, count: number): tf.Tensor2D =>
  tf.slice(x, [start, 0], [count, x.shape[1]]);
