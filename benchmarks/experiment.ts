import { readdirSync, readFileSync } from 'node:fs';
import { type PresetName, preset, presetNames, type SASRecOptions } from '@recsys/sasrec';
import { createLoss, type FitOptions, type Loss, lossNames } from '@recsys/training';
import { z } from 'zod';

const folder = new URL('../experiments/', import.meta.url);

const tables = ['published', 'pytorch-preset', 'ablations'] as const;

/** The table of RESULTS.md with an experiment: published results, or a separate one. */
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
  /** Name of the data file. */
  data: z.string().optional(),
  /** Protocol of validation and test. */
  protocol: z.enum(['sampled', 'sampled-per-item', 'full']).optional(),
  preset: z.enum(presetNames as [string, ...string[]]).optional(),
  loss: z
    .strictObject({
      name: z.enum(lossNames as [string, ...string[]]),
      numNegatives: z.int().min(1).optional(),
      calibration: z.number().optional(),
      logQ: z.boolean().optional(),
    })
    .optional(),
  /**
   * `item-table`: the negatives of the protocol `sampled-per-item`, as in the PyTorch re-implementation. Default
   * uniform.
   */
  negatives: z.literal('item-table').optional(),
  /** `composed`: attention composed of tfjs ops, even if the backend has a kernel for it. Default `fused`. */
  attention: z.enum(['fused', 'composed']).optional(),
  model: z.record(z.string(), z.unknown()).optional(),
  fit: z.record(z.string(), z.unknown()).optional(),
});
type ExperimentFile = z.output<typeof experimentSchema>;

/** A model, its data, and how it is trained, validated and tested. */
export interface Experiment {
  /** Name of the experiment that trains: this one, or the one whose run is tested. */
  readonly trainedBy: string;
  readonly about: string;
  readonly data: string;
  readonly protocol: 'sampled' | 'sampled-per-item' | 'full';
  readonly attention: 'fused' | 'composed';
  readonly loss: Loss;
  readonly negatives: 'uniform' | 'item-table';
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

/** Returns an experiment, with the fields of its preset and of the one it extends filled in. */
export const experimentNamed = (name: string): Experiment => {
  const {
    about = '',
    data,
    protocol,
    loss,
    attention = 'fused',
    negatives = 'uniform',
    trainedBy,
    ...own
  } = readExperiment(name);
  if (trainedBy !== undefined && protocol !== undefined) return { ...experimentNamed(trainedBy), about, protocol };
  if (data === undefined || protocol === undefined || loss === undefined)
    throw new Error(`experiments/${name}.json: data, protocol and loss are required`);
  const { name: lossName, ...lossOptions } = loss;
  const base = own.preset === undefined ? undefined : preset(own.preset as PresetName);
  const validation = {
    ...(base?.fit.validation || undefined),
    protocol,
    ...(own.fit?.validation as object | undefined),
  };
  return {
    trainedBy: name,
    about,
    data,
    protocol,
    attention,
    negatives,
    loss: createLoss(lossName, lossOptions as object),
    model: { ...base?.model, ...own.model },
    fit: { ...base?.fit, ...own.fit, validation } as Experiment['fit'],
  };
};
