import { TrainingError } from '../errors.js';
import { bayesianPersonalizedRanking } from './bayesian-personalized-ranking.js';
import {
  binaryCrossEntropy,
  type GeneralizedBceOptions,
  generalizedBinaryCrossEntropy,
} from './binary-cross-entropy.js';
import { crossEntropy, type SharedCrossEntropyOptions, sharedCrossEntropy } from './cross-entropy.js';
import type { Loss } from './loss.js';
import { sampledSoftmax } from './sampled-softmax.js';

type LossOptions = GeneralizedBceOptions & SharedCrossEntropyOptions;

/** The losses by the short names that commands and experiment files have for them. */
const losses: Readonly<Record<string, (options: LossOptions) => Loss>> = {
  bce: binaryCrossEntropy,
  gbce: generalizedBinaryCrossEntropy,
  bpr: bayesianPersonalizedRanking,
  'sampled-softmax': sampledSoftmax,
  'cross-entropy': crossEntropy,
  'shared-cross-entropy': sharedCrossEntropy,
};

export const lossNames: readonly string[] = Object.keys(losses);

/**
 * Returns the loss of a short name, with options of its own.
 * @throws {TrainingError} on an unknown name, or an option that is out of range.
 */
export const createLoss = (name: string, options: LossOptions = {}): Loss => {
  const create = losses[name];
  if (create === undefined)
    throw new TrainingError(
      'bad-option',
      `createLoss: name must be one of ${lossNames.join(', ')}, got ${JSON.stringify(name)}`,
    );
  return create(options);
};
