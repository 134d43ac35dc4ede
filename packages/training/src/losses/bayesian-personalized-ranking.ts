import { assertLossOptions, type Loss, lossOfCandidates, type NegativesOptions } from './loss.js';

/**
 * Returns the loss of Bayesian personalized ranking (Rendle et al., UAI 2009, section 4.1): the mean over tokens and negatives of
 * softplus(score of the negative - score of the target).
 *
 * @param options.numNegatives default 1, as in the paper.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: bayesianPersonalizedRanking() });
 */
export const bayesianPersonalizedRanking = (options: NegativesOptions = {}): Loss => {
  assertLossOptions('bayesianPersonalizedRanking', options, ['numNegatives']);
  const { numNegatives = 1 } = options;
  return {
    name: 'bayesian-personalized-ranking',
    numNegatives,
    compute: (model, hidden, batch, step) =>
      lossOfCandidates(
        { model, hidden, batch, step },
        {
          kind: 'ranking',
          negativeWeight: 1 / (batch.targets.length * numNegatives),
        },
      ),
  };
};
