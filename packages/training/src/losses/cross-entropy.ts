import { sharedSoftmaxLoss, softmaxLoss } from '@recsys/layers';
import { numItemsOf, type SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import { assertLossOptions, type Loss, type NegativesOptions, vectorsOfBatch } from './loss.js';

/**
 * Returns softmax cross-entropy over all items (Klenitskiy & Vasilev, RecSys 2023, equation 3): the mean over tokens of
 * -log softmax(scores)[target]. Scores are computed in blocks of tokens, and both gradients with them, so that memory does not grow with
 * tokens × items. For models that score by dot products. It takes no options.
 *
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: crossEntropy() });
 */
export const crossEntropy = (): Loss => ({
  name: 'cross-entropy',
  numNegatives: 0,
  compute: (model, hidden, batch, step) =>
    tf.tidy(() => {
      assertDotProducts('crossEntropy', model);
      return softmaxLoss(hidden, model.itemVectors(step), tf.tensor1d(batch.targets, 'int32'));
    }),
});

export interface SharedCrossEntropyOptions extends NegativesOptions {
  /** Whether each negative stands for (numItems - 1) / numNegatives items, as in `sampledSoftmax`. Default false, as in the paper. */
  logQ?: boolean | undefined;
}

/**
 * Returns softmax cross-entropy over the target and negatives that all tokens of a sequence share (Klenitskiy & Vasilev, RecSys 2023,
 * section 3.3): scores are one small matrix product per sequence, so that thousands of negatives cost little. For models that score by dot
 * products.
 *
 * @param options.numNegatives per sequence; default 256. The paper has 3,000.
 * @throws {TrainingError} on an unknown option or one out of range.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1, loss: sharedCrossEntropy({ numNegatives: 1000 }) });
 */
export const sharedCrossEntropy = (options: SharedCrossEntropyOptions = {}): Loss => {
  assertLossOptions('sharedCrossEntropy', options, ['numNegatives', 'logQ']);
  const { numNegatives = 256, logQ = false } = options;
  return {
    name: logQ ? 'shared-cross-entropy-log-q' : 'shared-cross-entropy',
    numNegatives,
    sharedNegatives: true,
    compute: (model, hidden, batch, step) =>
      tf.tidy(() => {
        assertDotProducts('sharedCrossEntropy', model);
        const { table, targets, negatives } = vectorsOfBatch({ model, batch, step });
        const correction = logQ ? Math.log(Math.max(1, numItemsOf(model) - 1) / numNegatives) : 0;
        return sharedSoftmaxLoss(
          hidden,
          table,
          tf.tensor1d(targets, 'int32'),
          tf.tensor2d(negatives, [batch.size, numNegatives], 'int32'),
          batch.offsets,
          correction,
        );
      }),
  };
};

/** @throws {TrainingError} if the model has scores of its own. */
const assertDotProducts = (name: string, model: SequentialModel): void => {
  if (model.scores !== undefined)
    throw new TrainingError(
      'bad-option',
      `${name}: is for models that score by dot products, and this one has scores()`,
    );
};
