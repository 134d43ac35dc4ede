import {
  inBatchNegatives,
  logUniformNegatives,
  type NegativeSampler,
  popularityNegatives,
  type UserSequences,
  uniformNegatives,
} from '@recsys/data';
import { UsageError } from '../errors.js';
import type { RunInfo } from '../options/index.js';

/** The negative samplers of `--negative-sampler`, by name. */
const samplers: Readonly<Record<SamplerName, (train: UserSequences) => NegativeSampler>> = {
  uniform: uniformNegatives,
  popularity: popularityNegatives,
  'log-uniform': logUniformNegatives,
  'in-batch': inBatchNegatives,
};

export const samplerNames = ['uniform', 'popularity', 'log-uniform', 'in-batch'] as const;
type SamplerName = (typeof samplerNames)[number];

/**
 * Returns the sampler of a name, over the train part; undefined for a loss that draws its negatives itself.
 * @param hasFeatures whether items have features: then new items, which are in the catalog for these, are not drawn uniformly. As negatives alone,
 *   they would teach that features like theirs are disliked.
 * @throws {UsageError} when such a loss has another sampler, or items with features, which it would draw.
 */
export const samplerFor = (
  { loss, negativeSampler: name }: Pick<RunInfo, 'loss' | 'negativeSampler'>,
  train: UserSequences,
  { hasFeatures }: { hasFeatures: boolean },
): NegativeSampler | undefined => {
  if (loss.inBatch !== undefined && loss.inBatch > 0) {
    if (name !== undefined)
      throw new UsageError('usage', '--in-batch has a sampler of its own; remove --negative-sampler');
    if (hasFeatures) throw new UsageError('usage', '--in-batch draws new items too, and is not for --items');
    return undefined;
  }
  if (hasFeatures && name === undefined) return popularityNegatives(train, { alpha: 0 });
  return samplers[name ?? 'uniform'](train);
};
