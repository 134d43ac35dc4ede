import { HSTU, type HSTUOptions, preset as hstuPreset, presetNames as hstuPresets, hstuSchema } from '@recsys/hstu';
import { defineModel } from '@recsys/model';
import {
  recommendedModel,
  SASRec,
  type SASRecOptions,
  preset as sasrecPreset,
  presetNames as sasrecPresets,
  sasrecSchema,
} from '@recsys/sasrec';
import type { ModelKind } from './model-kind.js';

const sasrec = defineModel({
  name: 'SASRec',
  options: sasrecSchema.omit({ catalog: true, seed: true, features: true }),
  create: (options) => new SASRec(options),
  recommended: recommendedModel,
});

const hstu = defineModel({
  name: 'HSTU',
  options: hstuSchema.omit({ catalog: true, seed: true }),
  create: (options) => new HSTU(options),
  recommended: (counts) => ({ maxLength: recommendedModel(counts).maxLength }),
});

/** The models of the library, by the name that `--model` takes. A new model adds one entry. */
export const builtIns = {
  sasrec: {
    name: 'sasrec',
    definition: sasrec,
    presetNames: sasrecPresets,
    preset: sasrecPreset,
    loss: 'bce',
    create: (options) => new SASRec(options as unknown as SASRecOptions),
    load: SASRec.load,
  },
  hstu: {
    name: 'hstu',
    definition: hstu,
    presetNames: hstuPresets,
    preset: hstuPreset,
    loss: 'sampled-softmax',
    create: (options) => new HSTU(options as unknown as HSTUOptions),
    load: HSTU.load,
  },
} as const satisfies Record<string, ModelKind>;

export type BuiltInName = keyof typeof builtIns;

export const builtInNames = Object.keys(builtIns) as readonly BuiltInName[];

/** Returns the models of the library that have an option. */
export const builtInsWith = (option: string): readonly BuiltInName[] =>
  builtInNames.filter((name) => option in builtIns[name].definition.options.shape);

/** Returns the model of the library that a preset is of. */
export const builtInWithPreset = (preset: string): ModelKind | undefined =>
  builtInNames.map((name): ModelKind => builtIns[name]).find(({ presetNames }) => presetNames.includes(preset));

/** Returns the model of the library that files call by a name. */
export const builtInTitled = (title: string): ModelKind | undefined =>
  builtInNames.map((name): ModelKind => builtIns[name]).find(({ definition }) => definition.name === title);
