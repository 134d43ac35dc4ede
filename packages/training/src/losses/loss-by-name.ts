import { assertKnownOptions } from '@recsys/errors';
import { TrainingError } from '../errors.js';
import { bayesianPersonalizedRanking } from './bayesian-personalized-ranking.js';
import {
  binaryCrossEntropy,
  type GeneralizedBceOptions,
  generalizedBinaryCrossEntropy,
} from './binary-cross-entropy.js';
import { crossEntropy, type SharedCrossEntropyOptions, sharedCrossEntropy } from './cross-entropy.js';
import type { Loss } from './loss.js';
import { type SampledSoftmaxOptions, sampledSoftmax } from './sampled-softmax.js';

/** Options of any loss; each takes its own alone. */
export type LossOptions = GeneralizedBceOptions & SharedCrossEntropyOptions & SampledSoftmaxOptions;

/** The losses by their short names, as commands and experiment files use them. */
const losses: Readonly<Record<string, (options: LossOptions) => Loss>> = {
  bce: binaryCrossEntropy,
  gbce: generalizedBinaryCrossEntropy,
  bpr: bayesianPersonalizedRanking,
  'sampled-softmax': sampledSoftmax,
  'cross-entropy': (options) => {
    assertKnownOptions('crossEntropy', options, [], { ErrorClass: TrainingError });
    return crossEntropy();
  },
  'shared-cross-entropy': sharedCrossEntropy,
};

/** The names that `createLoss` takes. */
export const lossNames: readonly string[] = Object.keys(losses);

/**
 * Returns the loss of a short name.
 * @param options those of the loss itself.
 * @throws {TrainingError} on an unknown name, and on an unknown option or one out of range.
 * @example
 * createLoss('gbce', { numNegatives: 128 });
 */
export const createLoss = (name: string, options: LossOptions = {}): Loss => {
  if (!Object.hasOwn(losses, name))
    throw new TrainingError(
      'bad-option',
      `createLoss: name must be one of ${lossNames.join(', ')}, got ${JSON.stringify(name)}`,
    );
  return losses[name](options);
};
