import * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions } from '../errors.js';
import { hasFused, runFused } from './fused.js';
import { pairwiseLogits } from './pairwise-logits.js';
import { gatherRows, scatterAddRows } from './rows.js';
import { softmaxAndLogSums } from './softmax.js';
import { withGradient } from './with-gradient.js';

/** The loss of a token, of the scores t of its target and n of its negatives. */
export interface CandidateLossOptions {
  /**
   * - `binary`: `targetWeight · softplus(-t)` plus the sum over negatives of `negativeWeight · softplus(n)`.
   * - `ranking`: the sum over negatives of `negativeWeight · softplus(n - t)`.
   * - `softmax`: `-targetWeight · log softmax(t)`, among t and all `n + correction`.
   */
  readonly kind: 'binary' | 'ranking' | 'softmax';
  /** Default 1. */
  readonly targetWeight?: number;
  /** Default 1. */
  readonly negativeWeight?: number;
  /** Added to the scores of negatives by `softmax`: a number, or one for each, float32 `[tokens, count]`, borrowed. Default 0. */
  readonly correction?: number | tf.Tensor2D;
}

const candidateOptions = ['kind', 'targetWeight', 'negativeWeight', 'correction'] as const;

/**
 * Returns the sum over tokens of a loss of the scores of their targets and negatives, which are dot products with rows of
 * a table, as in `pairwiseLogits`. Where it is fused, no scores are kept, and the gradients are computed with the loss.
 *
 * @param hidden float32 `[tokens, units]`, borrowed.
 * @param table float32 `[rows, units]`, borrowed.
 * @param targets int32 `[tokens]`, 0 .. rows - 1, borrowed; not checked.
 * @param negatives int32 `[tokens, count]`, 0 .. rows - 1, borrowed; not checked.
 * @returns a float32 scalar, owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0], [5, 6], [7, 8]])];
 * const [targets, negatives] = [tf.tensor1d([2], 'int32'), tf.tensor2d([[1]], [1, 1], 'int32')];
 * candidateLoss(hidden, table, targets, negatives, { kind: 'ranking' }); // softplus(17 - 23) = 0.0025
 */
export const candidateLoss = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  negatives: tf.Tensor2D,
  options: CandidateLossOptions,
): tf.Scalar => {
  assertKnownOptions('candidateLoss', options, candidateOptions);
  // The kernel adds the same number to all.
  if (!hasFused('RecsysCandidateLoss') || typeof options.correction === 'object')
    return tf.tidy(() => {
      const ofTargets = pairwiseLogits(hidden, table, tf.expandDims(targets, 1));
      return candidateLossOfScores(ofTargets, pairwiseLogits(hidden, table, negatives), options);
    });
  const { kind, targetWeight = 1, negativeWeight = 1, correction = 0 } = options;
  const attributes = { kind, targetWeight, negativeWeight, correction };
  return fusedLoss('RecsysCandidateLoss', { hidden, table, targets, negatives }, attributes);
};

/**
 * Returns the loss of `candidateLoss`, of scores that are given.
 *
 * @param targets float32 `[tokens, 1]`, borrowed.
 * @param negatives float32 `[tokens, count]`, borrowed.
 * @returns a float32 scalar, owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * candidateLossOfScores(tf.tensor2d([[23]]), tf.tensor2d([[17]]), { kind: 'ranking' }); // 0.0025
 */
export const candidateLossOfScores = (
  targets: tf.Tensor2D,
  negatives: tf.Tensor2D,
  options: CandidateLossOptions,
): tf.Scalar =>
  tf.tidy(() => {
    assertKnownOptions('candidateLossOfScores', options, candidateOptions);
    const { kind, targetWeight = 1, negativeWeight = 1, correction = 0 } = options;
    if (kind === 'ranking') return tf.mul(tf.sum(tf.softplus(tf.sub(negatives, targets))), negativeWeight);
    if (kind === 'binary') {
      const ofTargets = tf.mul(tf.sum(tf.softplus(tf.neg(targets))), targetWeight);
      return tf.add(ofTargets, tf.mul(tf.sum(tf.softplus(negatives)), negativeWeight)) as tf.Scalar;
    }
    return softmaxLossOfScores(targets, tf.add(negatives, correction), targetWeight);
  });

/** Returns the sum over rows of `-weight · log softmax(target)`, among the target and the negatives of the row: softplus(log sum - target). */
const softmaxLossOfScores = (targets: tf.Tensor2D, negatives: tf.Tensor2D, weight: number): tf.Scalar =>
  withGradient<tf.Scalar>([targets, negatives], (save) => {
    const { probabilities, logSums } = softmaxAndLogSums(negatives);
    const margins = tf.sub(tf.expandDims(logSums, 1), targets); // [tokens, 1]
    const pulls = tf.mul(tf.sigmoid(margins), weight); // 1 - P(target), times the weight
    save([probabilities, pulls]);
    return {
      value: tf.mul(tf.sum(tf.softplus(margins)), weight),
      gradient: (dy, [probabilities, pulls]) => {
        const pull = tf.mul(pulls, dy);
        return [tf.neg(pull), tf.mul(probabilities, pull)];
      },
    };
  });

/**
 * Returns the mean over tokens of softmax cross-entropy over all rows of a table but the first, which is the pad. Scores
 * are computed for some tokens at a time, and both gradients with them, so that memory does not grow with tokens · rows.
 *
 * @param hidden float32 `[tokens, units]`, borrowed.
 * @param table float32 `[rows, units]`, borrowed.
 * @param targets int32 `[tokens]`, 1 .. rows - 1, borrowed; not checked.
 * @returns a float32 scalar, owned by the caller.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1]]), tf.tensor2d([[0], [1], [2]])];
 * softmaxLoss(hidden, table, tf.tensor1d([2], 'int32')); // log(1 + e^-1) = 0.3133
 */
export const softmaxLoss = (hidden: tf.Tensor2D, table: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar =>
  hasFused('RecsysSoftmaxLoss')
    ? fusedLoss('RecsysSoftmaxLoss', { hidden, table, targets })
    : composedLoss(hidden, table, targets, (targetScores) => {
        const [rows, units] = table.shape;
        const tokens = hidden.shape[0];
        const items = tf.slice(table, [1, 0], [rows - 1, units]);
        const size = Math.max(1, Math.floor(largestBlock / rows));
        const blocks: Block[] = [];
        let dItems = tf.zeros<tf.Rank.R2>([rows - 1, units]);
        for (let start = 0; start < tokens; start += size) {
          const count = Math.min(size, tokens - start);
          const block = softmaxBlock(rowsFrom(hidden, start, count), items, tf.slice(targetScores, start, count), true);
          const sum = tf.add<tf.Tensor2D>(dItems, block.dCandidates);
          tf.dispose([dItems, block.dCandidates]);
          dItems = sum;
          blocks.push(block);
        }
        return { blocks, dTable: tf.concat([tf.zeros([1, units]), dItems]) as tf.Tensor2D };
      });

/**
 * Returns the mean over tokens of softmax cross-entropy over the target and the negatives of the token's sequence.
 *
 * @param hidden float32 `[tokens, units]`, borrowed.
 * @param table float32 `[rows, units]`, borrowed.
 * @param targets int32 `[tokens]`, 0 .. rows - 1, borrowed; not checked.
 * @param negatives int32 `[sequences, count]`, 0 .. rows - 1, borrowed; not checked.
 * @param offsets `[sequences + 1]`: sequence b has tokens `offsets[b] .. offsets[b + 1] - 1`.
 * @param correction added to the scores of negatives.
 * @returns a float32 scalar, owned by the caller.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1]]), tf.tensor2d([[0], [1], [2]])];
 * const [targets, negatives] = [tf.tensor1d([2], 'int32'), tf.tensor2d([[1]], [1, 1], 'int32')];
 * sharedSoftmaxLoss(hidden, table, targets, negatives, Int32Array.of(0, 1), 0); // log(1 + e^-1) = 0.3133
 */
export const sharedSoftmaxLoss = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  negatives: tf.Tensor2D,
  offsets: Int32Array,
  correction: number,
): tf.Scalar =>
  hasFused('RecsysSharedSoftmaxLoss')
    ? fusedLoss('RecsysSharedSoftmaxLoss', { hidden, table, targets, negatives }, { offsets, correction })
    : composedLoss(hidden, table, targets, (targetScores) => {
        const bars = tf.sub<tf.Tensor1D>(targetScores, correction); // the target against negatives that stand for several items
        const flat = tf.reshape(negatives, [-1]) as tf.Tensor1D;
        const [sequences, perSequence] = negatives.shape;
        const blocks = Array.from({ length: sequences }, (_, b) => {
          const start = offsets[b];
          const count = offsets[b + 1] - start;
          return tf.tidy(() => {
            const own = gatherRows(table, tf.slice(flat, b * perSequence, perSequence));
            return softmaxBlock(rowsFrom(hidden, start, count), own, tf.slice(bars, start, count), false);
          });
        });
        const dCandidates = tf.concat(blocks.map((block) => block.dCandidates));
        return { blocks, dTable: scatterAddRows(dCandidates, flat, table.shape[0]) };
      });

/** Runs a kernel that computes a loss with its gradients by the hidden states and the table: one node on the tape. */
const fusedLoss = (
  kernel: string,
  inputs: { hidden: tf.Tensor2D; table: tf.Tensor2D } & Record<string, tf.Tensor>,
  attributes: object = {},
): tf.Scalar =>
  withGradient<tf.Scalar>([inputs.hidden, inputs.table], (save) => {
    const [value, ...gradients] = runFused<tf.Tensor[]>(kernel, inputs, attributes);
    save(gradients);
    return {
      value: value as tf.Scalar,
      gradient: (dy, saved) => saved.map((gradient) => runFused('RecsysScaleGradient', { dy, gradient })),
    };
  });

/** Scores held at a time by the composed `softmaxLoss`: 16 MB of float32. */
const largestBlock = 2 ** 22;

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
const composedLoss = (
  hidden: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  softmax: (targetScores: tf.Tensor1D) => { blocks: readonly Block[]; dTable: tf.Tensor2D },
): tf.Scalar =>
  withGradient<tf.Scalar>([hidden, table], (save) => {
    const targetVectors = gatherRows(table, targets);
    const targetScores = tf.sum<tf.Tensor1D>(tf.mul(hidden, targetVectors), 1);
    const { blocks, dTable } = softmax(targetScores);
    const weights = tf.concat(blocks.map((block) => block.weights));
    const dHidden = tf.sub(tf.concat(blocks.map((block) => block.dHidden)), tf.mul(targetVectors, weights));
    const dTargets = scatterAddRows(tf.mul(hidden, weights), targets, table.shape[0]);
    save([dHidden, tf.sub(dTable, dTargets)]);
    return {
      value: tf.mean(tf.concat(blocks.map((block) => block.losses))) as tf.Scalar,
      gradient: (dy, saved) => saved.map((gradient) => tf.mul(gradient, tf.div(dy, targets.shape[0]))),
    };
  });

const rowsFrom = (x: tf.Tensor2D, start: number, count: number): tf.Tensor2D =>
  tf.slice(x, [start, 0], [count, x.shape[1]]);
