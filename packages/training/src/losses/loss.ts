import type { SequenceBatch } from '@recsys/data';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { type CandidateLossOptions, candidateLoss, candidateLossOfScores } from '@recsys/layers';
import type { SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';

/** What training minimizes. Any object of this shape is a loss; see `docs/write-a-model.md`. */
export interface Loss {
  /** Names the loss in run records. */
  readonly name: string;
  /** Number of negatives per target, or per sequence if they are shared; 0 for none. */
  readonly numNegatives: number;
  /** Whether all tokens of a sequence share its negatives. Default false. */
  readonly sharedNegatives?: boolean;
  /**
   * Returns the loss of a batch, differentiable in the model's weights; a float32 scalar owned by the caller.
   * @param hidden float32 `[tokens, hiddenUnits]`, the result of `model.encode(batch)`; borrowed.
   */
  compute(model: SequentialModel, hidden: tf.Tensor2D, batch: SequenceBatch): tf.Scalar;
}

export interface NegativesOptions {
  /** Number of negatives per target, >= 1. */
  numNegatives?: number | undefined;
}

/**
 * Checks the options of a loss.
 * @throws {TrainingError} on an option that is not in `known`, or when `numNegatives` is given and not an integer >= 1.
 */
export const assertLossOptions = (loss: string, options: NegativesOptions, known: readonly string[]): void => {
  assertKnownOptions(loss, options, known, { ErrorClass: TrainingError });
  const { numNegatives } = options;
  if (numNegatives !== undefined)
    assertInteger(loss, 'numNegatives', numNegatives, { minimum: 1, ErrorClass: TrainingError });
};

/**
 * Returns the sum over tokens of a loss of the scores of their targets and negatives; owned by the caller. Scores are dot
 * products, computed with the loss, unless the model has its own.
 */
export const lossOfCandidates = (
  model: SequentialModel,
  hidden: tf.Tensor2D,
  batch: SequenceBatch,
  options: CandidateLossOptions,
): tf.Scalar =>
  tf.tidy(() => {
    const { numNegatives } = batch;
    const tokens = batch.targets.length;
    const targets = tf.tensor1d(batch.targets, 'int32');
    const negatives = tf.tensor2d(batch.negatives, [tokens, numNegatives], 'int32');
    if (model.scores === undefined) return candidateLoss(hidden, model.itemVectors(), targets, negatives, options);
    const candidates = tf.concat([tf.expandDims<tf.Tensor2D>(targets, 1), negatives], 1);
    const scores = model.scores(hidden, candidates);
    const ofTargets = tf.slice(scores, [0, 0], [tokens, 1]);
    return candidateLossOfScores(ofTargets, tf.slice(scores, [0, 1], [tokens, numNegatives]), options);
  });
