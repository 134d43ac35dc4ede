import {
  inBatchNegatives,
  logUniformNegatives,
  type NegativeSampler,
  popularityNegatives,
  type UserSequences,
  uniformNegatives,
} from '@recsys/data';

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
 * Returns the sampler of a name, over the train part.
 * @param hasFeatures whether items have features: then new items, which are in the catalog for these, are not drawn uniformly. As negatives alone,
 *   they would teach that features like theirs are disliked.
 */
export const samplerNamed = (
  name: SamplerName,
  train: UserSequences,
  { hasFeatures }: { hasFeatures: boolean },
): NegativeSampler =>
  hasFeatures && name === 'uniform' ? popularityNegatives(train, { alpha: 0 }) : samplers[name](train);
