import {
  bayesianPersonalizedRanking,
  binaryCrossEntropy,
  crossEntropy,
  generalizedBinaryCrossEntropy,
  type Loss,
  type NegativesOptions,
  sampledSoftmax,
  sharedCrossEntropy,
} from '@recsys/training';

/** The losses of the command, by the value of `--loss`. */
const losses: Readonly<Record<string, (options: NegativesOptions) => Loss>> = {
  bce: binaryCrossEntropy,
  gbce: generalizedBinaryCrossEntropy,
  bpr: bayesianPersonalizedRanking,
  'sampled-softmax': sampledSoftmax,
  'cross-entropy': crossEntropy,
  'shared-cross-entropy': sharedCrossEntropy,
};

export const lossNames = Object.keys(losses);

/** Returns the loss of that name; its own number of negatives when none is given. */
export const lossNamed = (name: string, numNegatives: number | undefined): Loss =>
  losses[name]!(numNegatives === undefined ? {} : { numNegatives });

/** Returns the loss that a run recorded. */
export const recordedLoss = ({ name, numNegatives }: { name: string; numNegatives: number }): Loss =>
  lossNames
    .map((known) => lossNamed(known, numNegatives > 0 ? numNegatives : undefined))
    .find((loss) => loss.name === name)!;
