import { type PresetName, preset, presetNames, SASRec, type SASRecOptions } from '@recsys/sasrec';

/** The models that the command trains, by the name that `--model` takes. A new model adds one entry. */
export const models = {
  sasrec: {
    /** The name that a run records. */
    title: 'SASRec',
    presetNames,
    preset: (name: PresetName) => preset(name),
    create: (options: SASRecOptions) => new SASRec(options),
    load: (path: string) => SASRec.load(path),
  },
} as const;

export type ModelName = keyof typeof models;

export const modelNames = Object.keys(models) as readonly ModelName[];

/** Returns the name of the model that a run recorded; the first one when the command does not know it, which then refuses the files. */
export const modelNameOfRun = (title: unknown): ModelName =>
  modelNames.find((name) => models[name].title === title) ?? modelNames[0];
