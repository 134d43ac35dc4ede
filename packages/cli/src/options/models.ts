import { savedModelMetadata } from '@recsys/model';
import { type OnDamaged, savedModelHandler } from '@recsys/model/node';
import { type PresetName, preset, presetNames, SASRec, type SASRecOptions } from '@recsys/sasrec';
import { UsageError } from '../errors.js';

/** The models that the command trains, by the name that `--model` takes. A new model adds one entry. */
export const models = {
  sasrec: {
    /** What its files call it. */
    title: 'SASRec',
    presetNames,
    preset: (name: PresetName) => preset(name),
    create: (options: SASRecOptions) => new SASRec(options),
    load: SASRec.load,
  },
} as const;

export type ModelName = keyof typeof models;

export const modelNames = Object.keys(models) as readonly ModelName[];

/**
 * Returns the name of the model that a run or a saved model has in its files.
 * @throws {UsageError} when the command does not know it.
 */
export const modelNameOf = (path: string, title: string): ModelName => {
  const name = modelNames.find((known) => models[known].title === title);
  if (name !== undefined) return name;
  throw new UsageError('usage', `${path}: holds a ${title}; this command knows ${modelNames.join(', ')}`);
};

/** Returns the model in a run directory, a checkpoint or a saved model, whichever kind it is. */
export const loadSavedModel = async (path: string, onDamaged: OnDamaged) => {
  const artifacts = await (await savedModelHandler(path, onDamaged)).load!();
  const name = modelNameOf(path, savedModelMetadata(artifacts).model);
  return models[name].load({ load: async () => artifacts });
};
