import type { FitOptions } from '@recsys/training';
import { SASRecError, type SASRecOptions } from './config.js';

/** Settings of a published SASRec; options given beside them win. */
export interface Preset {
  readonly model: Readonly<Omit<SASRecOptions, 'items'>>;
  readonly fit: Readonly<Omit<FitOptions, 'epochs' | 'seed'>>;
}

/** The implementations whose settings are known: the paper, its PyTorch port in both norm orders, and the seed re-implementation. */
export type PresetName = 'paper' | 'seed' | 'pre-norm' | 'post-norm';

export const presetNames: readonly PresetName[] = ['paper', 'seed', 'pre-norm', 'post-norm'];

const shared = { hiddenUnits: 50, numBlocks: 2, numHeads: 1, maxLength: 50, dropoutRate: 0.5 } as const;

const presets: Readonly<Record<PresetName, Preset>> = {
  paper: {
    model: { ...shared, wiring: 'paper', initializer: 'glorotUniform' },
    fit: { batchSize: 128, learningRate: 0.001, adam: { beta2: 0.98 } },
  },
  'pre-norm': {
    model: { ...shared, wiring: 'pre-norm', initializer: 'glorotNormal' },
    fit: { batchSize: 128, learningRate: 0.001, adam: { beta2: 0.98 } },
  },
  'post-norm': {
    model: { ...shared, wiring: 'post-norm', initializer: 'glorotNormal' },
    fit: { batchSize: 128, learningRate: 0.001, adam: { beta2: 0.98 } },
  },
  seed: {
    model: { ...shared, wiring: 'seed', initializer: 'glorotNormal' },
    fit: {
      batchSize: 128,
      learningRate: 0.001,
      adam: { beta2: 0.999 },
      validation: { protocol: 'seed-sampled', patience: 100 },
    },
  },
};

/**
 * Returns the settings of a published SASRec. MovieLens-1M, whose histories are long, has `maxLength` 200 and `dropoutRate` 0.2; all other
 * data sets of the paper have 50 and 0.5 (Kang & McAuley 2018, section IV-C).
 *
 * @param dataset name of the data, such as `ml-1m` or `amazon-games`.
 * @throws {SASRecError} on an unknown name.
 */
export const preset = (name: PresetName, dataset?: string): Preset => {
  const found = presets[name];
  if (found === undefined)
    throw new SASRecError(`preset: name must be one of ${presetNames.join(', ')}, got ${String(name)}`);
  if (dataset !== 'ml-1m') return found;
  return { ...found, model: { ...found.model, maxLength: 200, dropoutRate: 0.2 } };
};
