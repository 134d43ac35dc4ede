import type { SequenceBatch } from '@recsys/data';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { type SequentialModel, scoreItems } from '@recsys/model';
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

/** Returns each token's score of its target, then of its negatives: float32 `[tokens, 1 + numNegatives]`, owned by the caller. */
export const candidateScores = (model: SequentialModel, hidden: tf.Tensor2D, batch: SequenceBatch): tf.Tensor2D =>
  tf.tidy(() => {
    const { targets, negatives, numNegatives } = batch;
    const width = 1 + numNegatives;
    const candidates = new Int32Array(targets.length * width);
    for (let t = 0; t < targets.length; t++) {
      candidates[t * width] = targets[t];
      candidates.set(negatives.subarray(t * numNegatives, (t + 1) * numNegatives), t * width + 1);
    }
    return scoreItems(model, hidden, tf.tensor2d(candidates, [targets.length, width], 'int32'));
  });

/** Returns float32 `[1 + numNegatives]`: one number for the target, another for each negative. */
export const perCandidate = (numNegatives: number, target: number, negative: number): tf.Tensor1D =>
  tf.tensor1d(Float32Array.from({ length: 1 + numNegatives }, (_, c) => (c === 0 ? target : negative)));
