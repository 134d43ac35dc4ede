import {
  adamSchema,
  fitSettingsSchema,
  lossNames,
  scheduleNames,
  validationSchema,
  weightAverageSchema,
} from '@recsys/training';
import type { z } from 'zod';
import { kebabCase, UsageError } from '../errors.js';
import { type BuiltInName, builtInNames, builtIns, builtInsWith, type ModelKind } from '../models/index.js';
import {
  databaseOptions,
  dataOptions,
  flagOf,
  flagsOf,
  type GivenOptions,
  itemOptions,
  type OptionSpecs,
  splitOptions,
} from '../options/index.js';
import { samplerNames } from './samplers.js';

/** Flags of the options of all models, as their schemas declare them. */
const flagsOfModels = {
  ...flagsOf(builtIns.hstu.definition.options.shape, {
    timeBias: { help: 'leave out the bias by the time between items' },
  }),
  ...flagsOf(builtIns.sasrec.definition.options.shape, {
    dropoutRate: { fallback: defaultsOf('dropoutRate') },
    normEpsilon: { fallback: defaultsOf('normEpsilon') },
    similarity: { fallback: defaultsOf('similarity') },
    positions: { help: 'sinusoidal: fixed sines and cosines in place of a learned position embedding' },
    sharedItemEmbedding: { help: 'use a separate item embedding for the scores' },
    residuals: { help: 'leave out the residual connections' },
  }),
};

/** Returns the defaults of an option in the models that have it. */
function defaultsOf(option: 'dropoutRate' | 'normEpsilon' | 'similarity'): string {
  const defaultOf = (name: BuiltInName) =>
    (builtIns[name].definition.options.shape[option] as z.ZodType).parse(undefined);
  return builtInNames.map((name) => (name === 'sasrec' ? defaultOf(name) : `of ${name} ${defaultOf(name)}`)).join(', ');
}

/** Flags of the options of all models; the help of each says which models have it. */
export const modelOptions = Object.fromEntries(
  Object.entries(flagsOfModels).map(([key, spec]) => {
    const own = builtInsWith(key);
    const help = own.length === builtInNames.length ? spec.help : `${own.join(', ')}: ${spec.help}`;
    return [key, { ...spec, help }];
  }),
) as typeof flagsOfModels;

/** @throws {UsageError} on a flag that the model does not have. */
export const assertModelOptions = ({ name, definition }: ModelKind, options: TrainOptions): void => {
  for (const [key, { flags }] of Object.entries(modelOptions)) {
    if (options[key as keyof TrainOptions] !== undefined && !(key in definition.options.shape))
      throw new UsageError(
        'usage',
        `${flags.split(' ')[0]} is an option of ${builtInsWith(key).join(', ')}, and the model is ${name}`,
      );
  }
};

/**
 * Returns the flags of the options of a model.
 * @throws {UsageError} when an option has the name of another flag.
 */
export const flagsOfModel = ({ name, definition, module }: ModelKind): OptionSpecs => {
  if (module === undefined) return modelOptions;
  const { shape } = definition.options;
  const taken = Object.keys(shape).find((key) => Object.hasOwn(otherOptions, key));
  if (taken !== undefined)
    throw new UsageError('usage', `${name}: option ${taken} has the name of a flag, --${kebabCase(taken)}; rename it`);
  return flagsOf(shape);
};

const { epochs, seed, batchSize, parts, learningRate, clipNorm, embeddingL2, sampling, windows, checkpointEvery } =
  fitSettingsSchema.shape;

const { beta1, beta2, epsilon, weightDecay, l2 } = adamSchema.shape;
/** Flags of the options of Adam. */
export const adamFlags = flagsOf(
  { beta1, beta2, epsilon, weightDecay, l2 },
  {
    beta1: { help: 'decay of the mean of gradients in Adam, in [0, 1) (default 0.9)' },
    beta2: { help: 'decay of the mean of squared gradients in Adam, in [0, 1) (default 0.98)' },
    epsilon: { help: 'added to the root of the second moment in Adam, > 0 (default 1e-8)' },
  },
);

/** Flags of the options of `fit`, as their schema declares them. */
export const fitOptions = {
  ...flagsOf(
    { epochs, seed, batchSize, parts, learningRate, clipNorm, embeddingL2, sampling, windows, checkpointEvery },
    { epochs: { fallback: 200 }, seed: { help: 'seed of every random draw (default 0)' } },
  ),
  ...adamFlags,
  protocol: flagOf('protocol', validationSchema.shape.protocol, {
    help: 'protocol of validation and of the test: 100 uniform negatives as in the paper, 100 fixed negatives per item, or all items (default: full, or that of the preset)',
  }),
  k: flagOf('k', validationSchema.shape.k),
  metric: flagOf('metric', validationSchema.shape.metric, {
    help: 'metric that picks the best epoch (default: NDCG at the first cut-off)',
  }),
  validationEvery: flagOf('validationEvery', validationSchema.shape.every),
  validationSampleTargets: flagOf('validationSampleTargets', validationSchema.shape.sampleTargets),
  patience: flagOf('patience', validationSchema.shape.patience),
  schedule: {
    flags: '--schedule <name>',
    help: 'learning rate schedule (default constant)',
    type: 'string',
    choices: scheduleNames,
  },
  warmUpSteps: {
    flags: '--warm-up-steps <n>',
    help: 'steps in which the learning rate rises, with --schedule warm-up and noam (default 1000) and cosine (default 0)',
    type: 'number',
  },
  rise: {
    flags: '--rise <share>',
    help: 'share of the steps in which the learning rate rises, with --schedule one-cycle (default 0.3)',
    type: 'number',
  },
  averageDecay: flagOf('averageDecay', weightAverageSchema.shape.decay, {
    help: 'validate and keep averaged weights: what an earlier average counts when weights are taken in, in [0, 1) (default with --average-steps 0.9, else off)',
  }),
  averageSteps: flagOf('averageSteps', weightAverageSchema.shape.steps, {
    help: 'validate and keep averaged weights: steps after which weights are taken in (default: at the end of each epoch)',
  }),
  refit: {
    flags: '--refit',
    help: 'then train once more, on the validation part too, for as many epochs as were best; the result is in RUN/refit, and is tested apart',
    type: 'boolean',
  },
  loss: {
    flags: '--loss <name>',
    help: 'loss that training minimizes (default: cross-entropy, or shared-cross-entropy where the catalog is large; of presets bce, of hstu sampled-softmax)',
    type: 'string',
    choices: lossNames,
  },
  numNegatives: {
    flags: '--num-negatives <n>',
    help: 'negatives per target, or per user for losses that share them (default 1; for gbce, sampled-softmax and shared-cross-entropy 256)',
    type: 'number',
  },
  calibration: {
    flags: '--calibration <n>',
    help: 'with --loss gbce: how far to correct the overconfidence that sampling causes, 0 to 1 (default 0.75)',
    type: 'number',
  },
  logQ: {
    flags: '--log-q',
    help: 'with --loss shared-cross-entropy: let each negative stand for its share of the catalog',
    type: 'boolean',
  },
  inBatch: {
    flags: '--in-batch <share>',
    help: 'with --loss sampled-softmax: share of negatives that are drawn from the targets of the batch, in [0, 1), with a correction for each negative (default 0)',
    type: 'number',
  },
  negativeSampler: {
    flags: '--negative-sampler <name>',
    help: 'how negatives are drawn: uniformly, in proportion to the interactions of an item, by its rank, or from the targets of the batch (default uniform)',
    type: 'string',
    choices: samplerNames,
  },
} as const satisfies OptionSpecs;

export const presetOption = {
  model: {
    flags: '--model <name>',
    help: 'which model to train: sasrec, hstu, or a module of your own such as ./my-model.ts (default sasrec, or that of --preset or --from)',
    type: 'string',
  },
  preset: {
    flags: '--preset <name>',
    help: 'settings of a published model, or those that suit the data (default recommended); other options override them',
    type: 'string',
    choices: ['recommended', ...builtIns.sasrec.presetNames, ...builtIns.hstu.presetNames],
  },
} as const satisfies OptionSpecs;

/** Flags that start a run from an earlier one. */
export const startOptions = {
  from: {
    flags: '--from <run>',
    help: 'start from the weights of an earlier run or saved model, with its settings; items may have come and gone',
    type: 'string',
  },
  keepItems: {
    flags: '--keep-items',
    help: 'with --from: keep items in the catalog that the data no longer has',
    type: 'boolean',
  },
} as const satisfies OptionSpecs;

/** The choice of a model of the library, for commands that take no other. */
export const builtInOption = {
  ...presetOption,
  model: {
    flags: '--model <name>',
    help: 'which model to train (default sasrec, or that of --preset)',
    type: 'string',
    choices: builtInNames,
  },
} as const satisfies OptionSpecs;

const otherOptions = {
  ...presetOption,
  ...startOptions,
  ...fitOptions,
  ...dataOptions,
  ...splitOptions,
  ...itemOptions,
  ...databaseOptions,
} as const;

/** Options that define a run; a config file may set them. */
export const configOptions = { ...otherOptions, ...modelOptions } as const;
export type TrainOptions = GivenOptions<typeof configOptions>;

/** Options that may be different each time a run is resumed. */
export const budgetOptions = {
  maxSteps: {
    flags: '--max-steps <n>',
    help: 'stop after this many steps in total; the run can be resumed',
    type: 'number',
  },
  maxSeconds: {
    flags: '--max-seconds <n>',
    help: 'stop after this many seconds of training in total; the run can be resumed',
    type: 'number',
  },
  logSteps: {
    flags: '--log-steps <n>',
    help: 'write the loss of every n-th step to metrics.jsonl (default: of epochs alone)',
    type: 'number',
  },
} as const satisfies OptionSpecs;
