import { ModelError } from '../errors.js';
import { modelNameOf, type SequentialModel } from './sequential-model.js';

/**
 * Checks that data has the times that a model uses.
 *
 * @param where the caller, for the message.
 * @param sequences the data: `split.train`, or the sequences of an evaluation set.
 * @throws {ModelError} `no-times` when the model uses times and the data has none.
 * @example
 * assertHasTimes('fit', model, split.train);
 */
export const assertHasTimes = (
  where: string,
  model: SequentialModel,
  { timestamps }: { readonly timestamps?: Float64Array | undefined },
): void => {
  if (model.usesTimes !== true || timestamps !== undefined) return;
  throw new ModelError('no-times', `${where}: ${modelNameOf(model)} uses times, and the data has none.`, {
    advice: { option: 'timeBias', value: false, purpose: 'for an HSTU without times' },
  });
};
