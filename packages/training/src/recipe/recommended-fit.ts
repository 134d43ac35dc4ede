import { countData, countTrainBatches, type UserSequences } from '@recsys/data';
import type { MetricName } from '@recsys/metrics';
import { createLoss, type Loss } from '../losses/index.js';

/** The parts of a model that the cost of training depends on. */
export interface ModelSize {
  /** How many of the newest items of a history the model sees, >= 1. Default 50. */
  readonly maxLength?: number | undefined;
  /** Width of the hidden states, >= 1. Default 128. */
  readonly hiddenUnits?: number | undefined;
  /** Number of transformer blocks, >= 0. Default 2. */
  readonly numBlocks?: number | undefined;
}

/** How to train on some data: options of `fit` as plain JSON, with the loss as `createLoss` takes it. */
export interface RecommendedSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: { readonly kind: 'one-cycle' };
  readonly windows: true;
  readonly loss: { readonly name: string; readonly numNegatives?: number; readonly logQ?: boolean };
  readonly validation: {
    readonly protocol: 'full';
    /** 10, or all items of a smaller catalog. */
    readonly k: number[];
    readonly metric: MetricName;
    readonly every: number;
    readonly patience: false;
    readonly sampleTargets?: number;
  };
}

/** Options of `fit` that suit some data. */
export interface RecommendedFit extends Omit<RecommendedSettings, 'loss'> {
  readonly loss: Loss;
}

/** Work of a training, in floating-point operations: about 15 minutes on two cores of 2023 with native kernels. */
const budget = 150e12;

/** Steps in an epoch that are enough for Adam to get somewhere. */
const fewSteps = 50;
/** Steps of a training that are enough for a model to be of use. */
const enoughSteps = 4000;
const fewestEpochs = 40;
const mostEpochs = 400;

/** Negatives that the tokens of a sequence share where the catalog is too large for all of its items. */
const numNegatives = 512;

/** Validation ranks all items for at most this many users. */
const mostTargets = 10_000;

/**
 * Returns how to train on some data, by rules from its counts and the size of the model alone: `docs/recipe.md` has the rules, and the runs that led
 * to them.
 *
 * @param train the train part of a split.
 * @param size of the model; `model.config` of a SASRec has it.
 * @param given.epochs to train for, in place of those of the recipe.
 * @example
 * recommendedSettings(split.train, model.config).loss; // { name: 'cross-entropy' }
 */
export const recommendedSettings = (
  train: UserSequences,
  size: ModelSize = {},
  given: { readonly epochs?: number | undefined } = {},
): RecommendedSettings => {
  const { maxLength = 50 } = size;
  const { users, items, interactions } = countData(train);
  const windows = countTrainBatches(train, { batchSize: 1, windows: true, maxLength });
  const batchSize = powerOfTwo(windows / fewSteps, 16, 128);
  const steps = Math.ceil(windows / batchSize);
  const targets = interactions - users;
  const wanted = Math.min(mostEpochs, Math.max(60, Math.ceil(enoughSteps / steps)));
  const affordable = (candidates: number) => Math.floor(budget / (targets * workOfToken(size, candidates)));
  const all = affordable(items) >= Math.min(wanted, fewestEpochs);
  const k = Math.min(10, items);
  const epochs = given.epochs ?? Math.max(1, Math.min(wanted, affordable(all ? items : numNegatives)));
  return {
    epochs,
    batchSize,
    learningRate: 0.002,
    schedule: { kind: 'one-cycle' },
    windows: true,
    loss: all ? { name: 'cross-entropy' } : { name: 'shared-cross-entropy', numNegatives, logQ: true },
    validation: {
      protocol: 'full',
      k: [k],
      metric: `ndcg@${k}`,
      every: Math.max(1, Math.round(epochs / 20)),
      patience: false,
      ...(users > mostTargets && { sampleTargets: mostTargets }),
    },
  };
};

/**
 * Returns the options of `fit` that suit some data: those of `recommendedSettings`, with the loss made.
 *
 * @param train the train part of a split.
 * @param size of the model; `model.config` of a SASRec has it.
 * @example
 * await fit(model, split, { ...recommendedFit(split.train, model.config), seed: 1 }); // what fit(model, split) does
 */
export const recommendedFit = (train: UserSequences, size: ModelSize = {}): RecommendedFit => {
  const { loss, ...settings } = recommendedSettings(train, size);
  const { name, ...options } = loss;
  return { ...settings, loss: createLoss(name, options) };
};

/** Operations per token of a step, forward and back: the products of the blocks, attention over half of `maxLength`, and the scores. */
const workOfToken = (
  { maxLength = 50, hiddenUnits: units = 128, numBlocks = 2 }: ModelSize,
  candidates: number,
): number => 3 * (numBlocks * (12 * units ** 2 + 2 * units * maxLength) + 2 * units * candidates);

const powerOfTwo = (value: number, lowest: number, highest: number): number =>
  Math.min(highest, Math.max(lowest, 2 ** Math.floor(Math.log2(Math.max(1, value)))));
