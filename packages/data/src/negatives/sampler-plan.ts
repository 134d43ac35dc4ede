import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';

/** What a built-in sampler was made of, as plain data: enough to make the same one in another thread. */
export interface SamplerPlan {
  readonly kind: 'uniform' | 'popularity' | 'log-uniform' | 'in-batch' | 'mixed';
  readonly sequences: UserSequences;
  /** Exponent of `popularity`. */
  readonly alpha?: number;
  /** Share of `mixed` that is drawn from the batch. */
  readonly inBatch?: number;
}

const plans = new WeakMap<NegativeSampler, SamplerPlan>();

/** Remembers what a sampler was made of, and returns the sampler. */
export const planned = (plan: SamplerPlan, sampler: NegativeSampler): NegativeSampler => {
  plans.set(sampler, plan);
  return sampler;
};

/** Returns what a sampler was made of; undefined for one that is not built in. */
export const planOf = (sampler: NegativeSampler): SamplerPlan | undefined => plans.get(sampler);
