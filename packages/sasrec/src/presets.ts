import { SASRecError } from './errors.js';
import type { SASRecOptions } from './options.js';

/** Settings of a published SASRec; options given beside them win. */
export interface Preset {
  readonly model: Readonly<Omit<SASRecOptions, 'catalog' | 'seed'>>;
  /** Options of `fit`, from `@recsys/training`. */
  readonly fit: Readonly<{
    batchSize: number;
    learningRate: number;
    adam: Readonly<{ beta2: number }>;
    validation?: Readonly<{ protocol: 'sampled-per-item'; patience: number }>;
  }>;
}

const published = { hiddenUnits: 50, numBlocks: 2, numHeads: 1, maxLength: 50, dropoutRate: 0.5 } as const;
const optimizer = { batchSize: 128, learningRate: 0.001, adam: { beta2: 0.98 } } as const;

const presets = {
  paper: { model: { ...published, wiring: 'paper', initializer: 'glorotUniform' }, fit: optimizer },
  'paper-ml-1m': {
    model: { ...published, wiring: 'paper', initializer: 'glorotUniform', maxLength: 200, dropoutRate: 0.2 },
    fit: optimizer,
  },
  'pre-norm': { model: { ...published, wiring: 'pre-norm', initializer: 'glorotNormal' }, fit: optimizer },
  'post-norm': { model: { ...published, wiring: 'post-norm', initializer: 'glorotNormal' }, fit: optimizer },
  'sasrec-pytorch': {
    model: { ...published, wiring: 'shared-norm', initializer: 'glorotNormal' },
    fit: { ...optimizer, adam: { beta2: 0.999 }, validation: { protocol: 'sampled-per-item', patience: 100 } },
  },
} as const satisfies Record<string, Preset>;

/**
 * Names of the presets:
 * - `paper`: the authors' settings for sparse data, such as Amazon and Steam (Kang & McAuley 2018, section IV-C).
 * - `paper-ml-1m`: the authors' settings for MovieLens-1M, whose histories are long: `maxLength` 200 and `dropoutRate` 0.2.
 * - `pre-norm`, `post-norm`: the paper's PyTorch port, with its layer norms before or after the residual.
 * - `sasrec-pytorch`: the PyTorch re-implementation that this project started from.
 */
export type PresetName = keyof typeof presets;

/** All names of presets. */
export const presetNames = Object.keys(presets) as readonly PresetName[];

/**
 * Returns the settings of a published SASRec.
 *
 * @throws {SASRecError} on an unknown name.
 * @example
 * const { model, fit: options } = preset('paper');
 * const sasrec = new SASRec({ ...model, catalog: split.catalog });
 * await fit(sasrec, split, { ...options, epochs: 200, seed: 1 });
 */
export const preset = (name: PresetName): Preset => {
  if (!Object.hasOwn(presets, name))
    throw new SASRecError('bad-option', `preset: name must be one of ${presetNames.join(', ')}, got ${String(name)}`);
  return presets[name];
};
