// Samplers that draw negatives, for training and evaluation.
// Imports sequences and table.
export { inBatchNegatives } from './in-batch-negatives.js';
export { fromItemNegatives, type ItemNegatives, itemNegatives } from './item-negatives.js';
export { logUniformNegatives } from './log-uniform-negatives.js';
export { type MixedNegativesOptions, mixedNegatives, mixedProbabilities } from './mixed-negatives.js';
export type { NegativeRequest, NegativeSampler } from './negative-sampler.js';
export { popularityNegatives } from './popularity-negatives.js';
export { samplerFromPlan } from './sampler-from-plan.js';
export { planOf, type SamplerPlan } from './sampler-plan.js';
export { uniformNegatives } from './uniform-negatives.js';
