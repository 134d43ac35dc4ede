import { readdirSync, readFileSync } from 'node:fs';
import { countData, type UserSequences } from '@recsys/data';
import { type PresetName, preset, presetNames, recommendedModel, type SASRecOptions } from '@recsys/sasrec';
import { createLoss, type FitOptions, type Loss, lossNames, recommendedSettings } from '@recsys/training';
import { z } from 'zod';

const folder = new URL('../experiments/', import.meta.url);

const tables = ['published', 'pytorch-preset', 'ablations', 'recipe', 'time'] as const;
const protocolSchema = z.enum(['sampled', 'sampled-per-item', 'full']);

/**
 * Where an experiment is shown: in RESULTS.md among published results or in a table of its own, or, with `recipe`, in
 * docs/recipe.md alone.
 */
export type Table = (typeof tables)[number];

/** A file in `experiments/`. Options of the model and of `fit` are checked when they are used. */
const experimentSchema = z.strictObject({
  /** Name of an experiment that provides the other fields. */
  extends: z.string().optional(),
  /** Name of an experiment whose run is tested with another protocol, at the epoch that was best in it. */
  trainedBy: z.string().optional(),
  about: z.string().optional(),
  /** Table of RESULTS.md for its runs; not inherited from the experiment that it extends. */
  table: z.enum(tables),
  /** Name of the data file, with its folder if it has one of its own. */
  data: z.string().optional(),
  /** What is held out: the last two items of each user, or what happened after a time, as `temporalSplit` has it. Default leave-one-out. */
  split: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('leave-one-out') }),
      z.strictObject({
        kind: z.literal('time'),
        time: z.number(),
        target: z.enum(['last', 'first', 'random', 'each']),
        validation: z.strictObject({ by: z.enum(['user', 'time', 'last-item']), users: z.int().min(1).optional() }),
      }),
    ])
    .optional(),
  /** Protocol of validation, and of the test where `tests` names none. */
  protocol: protocolSchema.optional(),
  /** Protocols that the best epoch is tested with, that of validation among them. */
  tests: z.array(protocolSchema).min(1).optional(),
  /** Settings that the other fields override: published ones, or `recommended`, what `recsys train` chooses for the data without flags. */
  preset: z.enum(['recommended', ...presetNames] as [string, ...string[]]).optional(),
  loss: z
    .strictObject({
      name: z.enum(lossNames as [string, ...string[]]),
      numNegatives: z.int().min(1).optional(),
      calibration: z.number().optional(),
      logQ: z.boolean().optional(),
      inBatch: z.number().optional(),
    })
    .optional(),
  /**
   * `item-table`: the negatives of the protocol `sampled-per-item`, as in the PyTorch re-implementation. Default
   * uniform.
   */
  negatives: z.literal('item-table').optional(),
  /** Which model is trained. Default `sasrec`. `hstu` is trained without times; `gru4rec` is the model of the examples. */
  architecture: z.enum(['sasrec', 'hstu', 'gru4rec']).optional(),
  /** `composed`: attention composed of tfjs ops, even if the backend has a kernel for it. Default `fused`. */
  attention: z.enum(['fused', 'composed']).optional(),
  /** Whether the validation part is trained on, too: for all epochs of `fit`, as nothing chooses one. */
  refit: z.literal(true).optional(),
  model: z.record(z.string(), z.unknown()).optional(),
  fit: z.record(z.string(), z.unknown()).optional(),
});
type ExperimentFile = z.output<typeof experimentSchema>;

type Protocol = z.output<typeof protocolSchema>;

/** A model, its data, and how it is trained, validated and tested. */
export interface Experiment {
  /** Name of the experiment that trains: this one, or the one whose run is tested. */
  readonly trainedBy: string;
  readonly about: string;
  readonly data: string;
  readonly split: NonNullable<ExperimentFile['split']>;
  readonly protocol: Protocol;
  readonly tests: readonly Protocol[];
  readonly architecture: NonNullable<ExperimentFile['architecture']>;
  readonly attention: 'fused' | 'composed';
  readonly negatives: 'uniform' | 'item-table';
  readonly refit: boolean;
  readonly preset: PresetName | 'recommended' | undefined;
  /** What the file says, over the preset. */
  readonly given: Pick<ExperimentFile, 'loss' | 'model' | 'fit'>;
}

/** How an experiment trains on its data. */
interface Settings {
  readonly loss: Loss;
  readonly model: Omit<SASRecOptions, 'catalog' | 'seed'>;
  readonly fit: Omit<FitOptions, 'seed' | 'loss'>;
}

export const experimentNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();

const readExperiment = (name: string): ExperimentFile => {
  if (!experimentNames().includes(name)) {
    throw new Error(
      `reproduce: unknown experiment ${JSON.stringify(name)}; experiments are:\n  ${experimentNames().join('\n  ')}`,
    );
  }
  const parsed = experimentSchema.safeParse(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')));
  if (!parsed.success) throw new Error(`experiments/${name}.json: ${z.prettifyError(parsed.error)}`);
  const { extends: base, ...own } = parsed.data;
  if (base === undefined) return own;
  const under = readExperiment(base);
  return { ...under, ...own, model: { ...under.model, ...own.model }, fit: { ...under.fit, ...own.fit } };
};

/** Returns an experiment, with the fields of the one it extends filled in. */
export const experimentNamed = (name: string): Experiment => {
  const {
    about = '',
    data,
    preset: presetName,
    protocol = presetName === 'recommended' ? 'full' : undefined,
    split = { kind: 'leave-one-out' },
    tests = [protocol!],
    architecture = 'sasrec',
    attention = 'fused',
    negatives = 'uniform',
    refit = false,
    trainedBy,
    loss,
    model,
    fit,
  } = readExperiment(name);
  if (trainedBy !== undefined && protocol !== undefined)
    return { ...experimentNamed(trainedBy), about, protocol, tests };
  if (data === undefined || protocol === undefined || (loss ?? presetName) === undefined)
    throw new Error(`experiments/${name}.json: data, protocol and loss are required`);
  if (!tests.includes(protocol)) throw new Error(`experiments/${name}.json: tests must have ${protocol}, its protocol`);
  return {
    trainedBy: name,
    about,
    data,
    split,
    protocol,
    tests,
    architecture,
    attention,
    negatives,
    refit,
    preset: presetName as Experiment['preset'],
    given: { loss, model, fit },
  };
};

/** Returns the settings of an experiment on the train part of its data, with those of its preset filled in. */
export const settingsFor = ({ preset: name, given, protocol }: Experiment, train: UserSequences): Settings => {
  const base = name === 'recommended' ? recommended(given, train) : name === undefined ? undefined : preset(name);
  const { name: lossName, ...lossOptions } = given.loss ?? (base as ReturnType<typeof recommended>).loss;
  return {
    loss: createLoss(lossName, lossOptions as object),
    model: { ...base?.model, ...given.model },
    fit: {
      ...base?.fit,
      ...given.fit,
      validation: { ...base?.fit.validation, protocol, ...(given.fit?.validation as object | undefined) },
    } as Settings['fit'],
  };
};

/** Returns what `recsys train` chooses for the data where only some options are given. */
const recommended = ({ model: givenModel, fit: givenFit }: Experiment['given'], train: UserSequences) => {
  const model = recommendedModel(countData(train));
  const epochs = givenFit?.epochs as number | undefined;
  const { loss, ...fit } = recommendedSettings(train, { ...model, ...givenModel }, { epochs });
  return { model, fit, loss };
};
