import { inBatchNegatives } from './in-batch-negatives.js';
import { logUniformNegatives } from './log-uniform-negatives.js';
import { mixedNegatives } from './mixed-negatives.js';
import type { NegativeSampler } from './negative-sampler.js';
import { popularityNegatives } from './popularity-negatives.js';
import type { SamplerPlan } from './sampler-plan.js';
import { uniformNegatives } from './uniform-negatives.js';

/** Returns a sampler that draws just what the one that a plan is of would draw. */
export const samplerFromPlan = ({ kind, sequences, alpha, inBatch }: SamplerPlan): NegativeSampler => {
  const makers = {
    uniform: () => uniformNegatives(sequences),
    popularity: () => popularityNegatives(sequences, { alpha: alpha! }),
    'log-uniform': () => logUniformNegatives(sequences),
    'in-batch': () => inBatchNegatives(sequences),
    mixed: () => mixedNegatives(sequences, { inBatch: inBatch! }),
  };
  return makers[kind]();
};
