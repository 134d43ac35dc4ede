import { numItemsOf } from '@recsys/model';
import { assertLossOptions, type Loss, lossOfCandidates, type NegativesOptions } from './loss.js';

/**
 * Returns softmax cross-entropy over the target and uniform negatives, with the logQ correction: each negative stands for
 * (numItems - 1) / numNegatives items, so the logarithm of that is added to its score (Bengio & Senécal 2008; Yi et al., RecSys 2019,
 * equation 3). With more negatives it comes closer to `crossEntropy`.
 *
 * @param options.numNegatives default 256.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: sampledSoftmax({ numNegatives: 512 }) });
 */
export const sampledSoftmax = (options: NegativesOptions = {}): Loss => {
  assertLossOptions('sampledSoftmax', options, ['numNegatives']);
  const { numNegatives = 256 } = options;
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
