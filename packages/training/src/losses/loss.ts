import type { NegativeSampler, SequenceBatch, UserSequences } from '@recsys/data';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { type CandidateLossOptions, candidateLoss, candidateLossOfScores, distinctRows } from '@recsys/layers';
import { type EncodeOptions, numItemsOf, type SequentialModel } from '@recsys/model';
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
  /** Draws the negatives, where the loss depends on how; `fit` then takes no other sampler. Default: any sampler. */
  readonly negativeSampler?: NegativeSampler;
  /** Returns the loss for a train part, where it depends on how often items are in it. `fit` asks for it once. */
  forTraining?(train: UserSequences): Loss;
  /**
   * Returns the loss of a batch, differentiable in the model's weights; a float32 scalar owned by the caller.
   * @param hidden float32 `[tokens, hiddenUnits]`, the result of `model.encode(batch)`; borrowed.
   * @param options those of `model.encode`, to be passed on to `itemVectors` and `itemVectorsOf`. Default: outside training.
   */
  compute(model: SequentialModel, hidden: tf.Tensor2D, batch: SequenceBatch, options?: EncodeOptions): tf.Scalar;
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

/** What a loss of a batch is computed of. */
interface LossInputs {
  readonly model: SequentialModel;
  /** float32 `[tokens, hiddenUnits]`, borrowed. */
  readonly hidden: tf.Tensor2D;
  readonly batch: SequenceBatch;
  /** Those of `model.encode`. */
  readonly step: EncodeOptions | undefined;
}

/**
 * Returns a table with the vectors of a batch's targets and negatives, and the places of these in it: all item vectors, or the needed ones alone
 * where the model computes them. The table may be a weight, so it is borrowed.
 */
export const vectorsOfBatch = ({ model, batch: { targets, negatives }, step }: Omit<LossInputs, 'hidden'>) => {
  if (model.itemVectorsOf === undefined) return { table: model.itemVectors(step), targets, negatives };
  const { rows, places } = distinctRows(numItemsOf(model) + 1, [targets, negatives]);
  return { table: model.itemVectorsOf(rows, step), targets: places[0], negatives: places[1] };
};

/**
 * Returns the sum over tokens of a loss of the scores of their targets and negatives; owned by the caller. Scores are dot
 * products, computed with the loss, unless the model has its own.
 */
export const lossOfCandidates = (
  { model, hidden, batch, step }: LossInputs,
  options: CandidateLossOptions,
): tf.Scalar =>
  tf.tidy(() => {
    const shape: [number, number] = [batch.targets.length, batch.numNegatives];
    const tensorsOf = (lists: { targets: Int32Array; negatives: Int32Array }) =>
      [tf.tensor1d(lists.targets, 'int32'), tf.tensor2d(lists.negatives, shape, 'int32')] as const;
    if (model.scores === undefined) {
      const { table, ...lists } = vectorsOfBatch({ model, batch, step });
      return candidateLoss(hidden, table, ...tensorsOf(lists), options);
    }
    const [targets, negatives] = tensorsOf(batch);
    const candidates = tf.concat([tf.expandDims<tf.Tensor2D>(targets, 1), negatives], 1);
    const scores = model.scores(hidden, candidates);
    const ofTargets = tf.slice(scores, [0, 0], [shape[0], 1]);
    return candidateLossOfScores(ofTargets, tf.slice(scores, [0, 1], shape), options);
  });
