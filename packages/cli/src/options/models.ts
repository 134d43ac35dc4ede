import { HSTU, type HSTUOptions, preset as hstuPreset, presetNames as hstuPresets, hstuSchema } from '@recsys/hstu';
import { type DataCounts, type SequentialModel, savedModelMetadata } from '@recsys/model';
import { type OnDamaged, savedModelHandler } from '@recsys/model/node';
import {
  recommendedModel,
  SASRec,
  type SASRecOptions,
  preset as sasrecPreset,
  presetNames as sasrecPresets,
  sasrecSchema,
} from '@recsys/sasrec';
import type { FitOptions } from '@recsys/training';
import { UsageError } from '../errors.js';

/** A model that the command trains. */
export type TrainableModel = (SASRec | HSTU) & SequentialModel;

/** What the command knows of a kind of model. */
interface ModelEntry {
  /** What its files call it. */
  readonly title: string;
  /** Its options as zod schemas, without those that the command sets. */
  readonly shape: object;
  readonly presetNames: readonly string[];
  readonly preset: (name: never) => { readonly model: object; readonly fit: Partial<FitOptions> };
  /** Returns the options of a model that suit some data. */
  readonly recommended: (counts: DataCounts) => object;
  /** The loss that it is trained with by its presets. */
  readonly loss: string;
  readonly create: (options: never) => TrainableModel;
  readonly load: (source: never) => Promise<TrainableModel>;
}

const { catalog: _, seed: __, features: ___, ...sasrecShape } = sasrecSchema.shape;
const { catalog: ____, seed: _____, ...hstuShape } = hstuSchema.shape;

/** The models that the command trains, by the name that `--model` takes. A new model adds one entry. */
export const models = {
  sasrec: {
    title: 'SASRec',
    shape: sasrecShape,
    presetNames: sasrecPresets,
    preset: sasrecPreset,
    recommended: recommendedModel,
    loss: 'bce',
    create: (options: SASRecOptions) => new SASRec(options),
    load: SASRec.load,
  },
  hstu: {
    title: 'HSTU',
    shape: hstuShape,
    presetNames: hstuPresets,
    preset: hstuPreset,
    recommended: (counts: DataCounts) => ({ maxLength: recommendedModel(counts).maxLength }),
    loss: 'sampled-softmax',
    create: (options: HSTUOptions) => new HSTU(options),
    load: HSTU.load,
  },
} as const satisfies Record<string, ModelEntry>;

export type ModelName = keyof typeof models;

export const modelNames = Object.keys(models) as readonly ModelName[];

/** Returns what the command knows of a kind of model, for any of them. */
export const modelEntry = (name: ModelName): ModelEntry => models[name];

/** Returns the models that have an option. */
export const modelsWith = (option: string): readonly ModelName[] =>
  modelNames.filter((name) => option in models[name].shape);

/** Returns the model that a preset is of. */
export const modelOfPreset = (preset: string): ModelName | undefined =>
  modelNames.find((name) => modelEntry(name).presetNames.includes(preset));

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
export const loadSavedModel = async (path: string, onDamaged: OnDamaged): Promise<TrainableModel> => {
  const artifacts = await (await savedModelHandler(path, onDamaged)).load!();
  const name = modelNameOf(path, savedModelMetadata(artifacts).model);
  return models[name].load({ load: async () => artifacts });
};
