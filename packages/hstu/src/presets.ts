import { HSTUError } from './errors.js';
import type { HSTUOptions } from './options.js';

/** Settings of a published HSTU; options given beside them win. */
export interface Preset {
  readonly model: Readonly<Omit<HSTUOptions, 'catalog' | 'seed'>>;
  /** Options of `fit`, from `@recsys/training`. The authors' loss is a softmax over sampled items: `sampledSoftmax` with 128 negatives. */
  readonly fit: Readonly<{
    batchSize: number;
    learningRate: number;
    adam: Readonly<{ beta2: number }>;
    validation?: Readonly<{ protocol: 'full' }>;
  }>;
}

const published = { dropoutRate: 0.2, similarity: 'cosine', temperature: 0.05, timeBias: true } as const;
const fit = { batchSize: 128, learningRate: 0.001, adam: { beta2: 0.98 }, validation: { protocol: 'full' } } as const;

const presets = {
  'ml-1m': { model: { ...published, maxLength: 200, hiddenUnits: 50, numBlocks: 2, numHeads: 1 }, fit },
  'ml-1m-large': { model: { ...published, maxLength: 200, hiddenUnits: 50, numBlocks: 8, numHeads: 2 }, fit },
} as const satisfies Record<string, Preset>;

/**
 * Names of the presets:
 * - `ml-1m`: the authors' settings for MovieLens-1M, HSTU: 2 blocks with 1 head of 50 units.
 * - `ml-1m-large`: HSTU-large: 8 blocks with 2 heads of 25 units.
 */
export type PresetName = keyof typeof presets;

/** All names of presets. */
export const presetNames = Object.keys(presets) as readonly PresetName[];

/**
 * Returns the settings of a published HSTU.
 *
 * @throws {HSTUError} on an unknown name.
 * @example
 * const { model, fit: options } = preset('ml-1m');
 * const hstu = new HSTU({ ...model, catalog: split.catalog });
 * await fit(hstu, split, { ...options, epochs: 100, seed: 1, loss: sampledSoftmax({ numNegatives: 128 }) });
 */
export const preset = (name: PresetName): Preset => {
  if (!Object.hasOwn(presets, name))
    throw new HSTUError('bad-option', `preset: name must be one of ${presetNames.join(', ')}, got ${String(name)}`);
  return presets[name];
};
