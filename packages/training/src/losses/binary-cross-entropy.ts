import { numItemsOf } from '@recsys/model';
import { TrainingError } from '../errors.js';
import { assertLossOptions, type Loss, lossOfCandidates, type NegativesOptions } from './loss.js';

/**
 * Returns binary cross-entropy with sampled negatives: the mean over tokens of softplus(-score of the target) plus the sum over its
 * negatives of softplus(score of the negative) (Kang & McAuley 2018, equation 6; the paper has one negative).
 *
 * @param options.numNegatives default 1.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: binaryCrossEntropy({ numNegatives: 4 }) });
 */
export const binaryCrossEntropy = (options: NegativesOptions = {}): Loss => {
  assertLossOptions('binaryCrossEntropy', options, ['numNegatives']);
  const { numNegatives = 1 } = options;
  return {
    name: 'binary-cross-entropy',
    numNegatives,
    compute: (model, hidden, batch, step) => {
      const weight = 1 / batch.targets.length;
      return lossOfCandidates(
        { model, hidden, batch, step },
        { kind: 'binary', targetWeight: weight, negativeWeight: weight },
      );
    },
  };
};

export interface GeneralizedBceOptions extends NegativesOptions {
  /** How far to correct the overconfidence that sampling causes, 0 (not at all: plain BCE) to 1 (fully). Default 0.75. */
  calibration?: number | undefined;
}

/**
 * Returns generalized binary cross-entropy, gBCE (Petrov & Macdonald, RecSys 2023, equations 9 to 13): the probability of the target is
 * raised to the power beta = alpha · (t · (1 - 1 / alpha) + 1 / alpha), alpha = numNegatives / (numItems - 1), and the terms of a token are
 * averaged. As log sigmoid(s)^beta = -beta · softplus(-s), no transform of the score is needed, and float32 loses nothing.
 *
 * @param options.numNegatives default 256, as in gSASRec.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: generalizedBinaryCrossEntropy({ numNegatives: 128 }) });
 */
export const generalizedBinaryCrossEntropy = (options: GeneralizedBceOptions = {}): Loss => {
  assertLossOptions('generalizedBinaryCrossEntropy', options, ['numNegatives', 'calibration']);
  const { numNegatives = 256, calibration = 0.75 } = options;
  if (!(calibration >= 0 && calibration <= 1)) {
    throw new TrainingError(
      'bad-option',
      `generalizedBinaryCrossEntropy: calibration must be in 0..1, got ${calibration}`,
    );
  }
  return {
    name: `generalized-binary-cross-entropy-${calibration}`,
    numNegatives,
    compute: (model, hidden, batch, step) => {
      const beta = gbceBeta(numNegatives, numItemsOf(model), calibration);
      const negativeWeight = 1 / (batch.targets.length * (1 + numNegatives));
      return lossOfCandidates(
        { model, hidden, batch, step },
        {
          kind: 'binary',
          targetWeight: beta * negativeWeight,
          negativeWeight,
        },
      );
    },
  };
};

/**
 * Returns the power beta of gBCE.
 * @example
 * gbceBeta(1, 1000, 0.75); // 0.2507507…
 */
export const gbceBeta = (numNegatives: number, numItems: number, calibration: number): number => {
  const alpha = Math.min(1, numNegatives / Math.max(1, numItems - 1));
  return alpha * (calibration * (1 - 1 / alpha) + 1 / alpha);
};

/**
 * Returns the score whose sigmoid is sigmoid(score)^beta, in float64, so that scores of a model trained with gBCE can be read as
 * probabilities: -log(sigmoid(score)^-beta - 1), computed with log1p and expm1 to lose no precision.
 * @example
 * gbceScore(2, 0.5); // 2.7327…: sigmoid(2) ** 0.5 is its sigmoid
 */
export const gbceScore = (score: number, beta: number): number => {
  const softplus = Math.max(-score, 0) + Math.log1p(Math.exp(-Math.abs(score))); // -log sigmoid(score)
  return -Math.log(Math.expm1(beta * softplus));
};
