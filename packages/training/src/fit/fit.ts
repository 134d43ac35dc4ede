import type { Split } from '@recsys/data';
import type { SequentialModel } from '@recsys/model';
import { TrainingError } from '../errors.js';
import { recommendedFit } from '../recipe/index.js';
import type { FitOptions } from './fit-options.js';
import type { FitResult } from './records.js';
import { Trainer } from './trainer.js';

/**
 * Trains a model on a split, validates it as it runs, and leaves the weights of the best validation in it. Without `epochs`, the recipe for the data
 * chooses them and all else that is not given: see `recommendedFit`. With `epochs`, the defaults of `FitOptions` hold.
 *
 * @throws {TrainingError} `bad-option`; `diverged`, naming the step: the last checkpoint stays as it is.
 * @throws {ModelError} `other-catalog` when the split was made with another catalog than the model.
 * @throws {CheckpointError} when the run directory cannot be used.
 * @example
 * const { best } = await fit(model, split, { epochs: 40, seed: 1, runDirectory: 'runs/movies' });
 * best; // { epoch: 31, metric: 'ndcg@10', value: 0.412 }
 */
export const fit = async (
  model: SequentialModel,
  split: Split,
  options: Partial<FitOptions> = {},
): Promise<FitResult> => new Trainer(model, split, filledIn(model, split, options)).train();

/** Without a number of epochs, the recipe for the data chooses what is not given. There is a part for each rank. */
const filledIn = (model: SequentialModel, split: Split, options: Partial<FitOptions>): FitOptions => {
  const { epochs, seed = 0 } = options;
  const parts = options.parts ?? options.communicator?.size;
  const given = { ...options, seed, ...(parts !== undefined && { parts }) };
  if (epochs !== undefined) return { ...given, epochs };
  if (options.shards !== undefined) throw new TrainingError('bad-option', 'fit: with shards, epochs must be given');
  return { ...recommendedFit(split.train, model.config), ...given } as FitOptions;
};
