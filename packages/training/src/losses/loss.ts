import type { SequenceBatch } from '@recsys/data';
import { type SequentialModel, scoreItems } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';

/** What training minimises. */
export interface Loss {
  /** Names the loss in run records. */
  readonly name: string;
  /** How many negatives each token of a batch must bring, or each sequence where they are shared. */
  readonly numNegatives: number;
  /** Whether all tokens of a sequence share its negatives. Default false. */
  readonly sharedNegatives?: boolean;
  /**
   * Returns the loss of a batch, differentiable in the model's weights; a float32 scalar owned by the caller.
   * @param hidden float32 `[tokens, hiddenUnits]`, what `model.encode(batch)` gave; borrowed.
   */
  compute(model: SequentialModel, hidden: tf.Tensor2D, batch: SequenceBatch): tf.Scalar;
}

export interface NegativesOptions {
  /** Negatives a token, >= 1. */
  numNegatives?: number;
}

/** @throws {TrainingError} unless it is an integer >= 1. */
export const assertNegatives = (loss: string, numNegatives: number): void => {
  if (!Number.isSafeInteger(numNegatives) || numNegatives < 1)
    throw new TrainingError('bad-option', `${loss}: numNegatives must be an integer >= 1, got ${numNegatives}`);
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

/** Returns `[1 + numNegatives]`: one number for the target, another for each negative. */
export const perCandidate = (numNegatives: number, target: number, negative: number): tf.Tensor1D =>
  tf.tensor1d(Float32Array.from({ length: 1 + numNegatives }, (_, c) => (c === 0 ? target : negative)));
