import { mixedNegatives, mixedProbabilities, type SequenceBatch, type UserSequences } from '@recsys/data';
import { assertRange } from '@recsys/errors';
import { numItemsOf } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import { assertLossOptions, type Loss, lossOfCandidates, type NegativesOptions } from './loss.js';

export interface SampledSoftmaxOptions extends NegativesOptions {
  /** Share of negatives that are drawn from the targets of the batch, in [0, 1); the others are uniform. Default 0. */
  inBatch?: number | undefined;
}

/**
 * Returns softmax cross-entropy over the target and sampled negatives, with the logQ correction: each negative stands for
 * (numItems - 1) / numNegatives items, so the logarithm of that is added to its score (Bengio & Senécal 2008; Yi et al., RecSys 2019,
 * equation 3). With more negatives it comes closer to `crossEntropy`.
 *
 * With `inBatch`, negatives are mixed, by `mixedNegatives`: an item d that is drawn with probability q(d) stands for
 * (1 - q(target)) / (numNegatives · q(d)) items. The target is no negative, so its own score is not corrected. Its gradient is that of
 * Khrylchenko et al., "Correcting the LogQ Correction for Sampled Softmax", RecSys 2025: that of -score(target) + log Σ exp(score(d) -
 * log(q(d) / (1 - q(target)))), weighted by 1 - P(target), which is what this softmax has by itself. `fit` takes no other sampler then.
 *
 * @param options.numNegatives default 256.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: sampledSoftmax({ numNegatives: 512 }) });
 * await fit(model, split, { epochs: 40, seed: 1, loss: sampledSoftmax({ inBatch: 0.5 }) });
 */
export const sampledSoftmax = (options: SampledSoftmaxOptions = {}): Loss => {
  assertLossOptions('sampledSoftmax', options, ['numNegatives', 'inBatch']);
  const { numNegatives = 256, inBatch = 0 } = options;
  assertRange('sampledSoftmax', 'inBatch', inBatch, { from: 0, below: 1, ErrorClass: TrainingError });
  if (inBatch > 0) return mixedSoftmax(numNegatives, inBatch);
  return {
    name: 'sampled-softmax',
    numNegatives,
    compute: (model, hidden, batch, step) =>
      lossOfCandidates(
        { model, hidden, batch, step },
        {
          kind: 'softmax',
          targetWeight: 1 / batch.targets.length,
          correction: Math.log(Math.max(1, numItemsOf(model) - 1) / numNegatives),
        },
      ),
  };
};

/** Returns the loss with mixed negatives: until it is given a train part, it cannot be computed. */
const mixedSoftmax = (numNegatives: number, inBatch: number): Loss => {
  const own = { name: `sampled-softmax-in-batch-${inBatch}`, numNegatives };
  return {
    ...own,
    compute: () => {
      throw new TrainingError(
        'bad-option',
        'sampledSoftmax: with inBatch, the loss depends on the data; compute forTraining(split.train), as fit does',
      );
    },
    forTraining: (train: UserSequences) => {
      const probabilities = mixedProbabilities(train, { inBatch });
      const logs = probabilities.map((probability) => Math.log(numNegatives * probability));
      const logsOfOthers = probabilities.map((probability) => Math.log1p(-probability));
      return {
        ...own,
        negativeSampler: mixedNegatives(train, { inBatch }),
        compute: (model, hidden, batch, step) =>
          tf.tidy(() => {
            const correction = correctionOf(batch, logs, logsOfOthers);
            const targetWeight = 1 / batch.targets.length;
            return lossOfCandidates({ model, hidden, batch, step }, { kind: 'softmax', targetWeight, correction });
          }),
      };
    },
  };
};

/** Returns the logarithm of the number of items that each negative stands for, float32 `[tokens, numNegatives]`, owned by the caller. */
const correctionOf = (
  { targets, negatives, numNegatives }: SequenceBatch,
  logs: Float64Array,
  logsOfOthers: Float64Array,
): tf.Tensor2D => {
  const corrections = new Float32Array(negatives.length);
  for (let token = 0; token < targets.length; token++) {
    const ofOthers = logsOfOthers[targets[token]];
    const end = (token + 1) * numNegatives;
    for (let i = token * numNegatives; i < end; i++) corrections[i] = ofOthers - logs[negatives[i]];
  }
  return tf.tensor2d(corrections, [targets.length, numNegatives]);
};
