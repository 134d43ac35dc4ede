// The ops that layers are made of: functions of tensors, without weights. Each runs as one fused kernel if the backend
// has it, and is composed of tfjs ops otherwise; both have the same values and gradients.
export { type Activation, activationNames } from './activations/activations.js';
export { gelu } from './activations/gelu.js';
export { silu } from './activations/silu.js';
export {
  type CausalAttentionOptions,
  causalAttention,
  causalAttentionWeights,
  newestAttention,
  newestRows,
} from './attention/causal-attention.js';
export {
  type AttentionBiases,
  type HstuAttentionOptions,
  hstuAttention,
  newestHstuAttention,
} from './attention/hstu-attention.js';
export { numTimeBuckets, type TimeBuckets, timeBucketOf, timeBuckets } from './attention/time-buckets.js';
export { type DenseOptions, dense } from './dense.js';
export { dropout } from './dropout.js';
export { type DropoutMask, randomKey } from './dropout-random.js';
export { type EmbedOptions, embedTokens, sinusoids } from './embed-tokens.js';
export { hasFused, prefersTransposedMatMul, runFused } from './fused.js';
export { layerNorm } from './layer-norm.js';
export {
  type CandidateLossOptions,
  candidateLoss,
  candidateLossOfScores,
  sharedSoftmaxLoss,
  softmaxLoss,
} from './losses.js';
export { packSequences, padSequences } from './pack.js';
export { pairwiseLogits } from './pairwise-logits.js';
export { ExcludedItems } from './ranking/excluded-items.js';
export { bestQuantizedItems, type QuantizedRows, quantizeRows } from './ranking/quantized-rows.js';
export { type BestItems, bestItems, countAbove } from './ranking/rank-items.js';
export { gatherRows, gradientRows, scatterAddRows, scatterRows, type TableRows } from './rows.js';
export { type SoftmaxAndLogSums, softmaxAndLogSums } from './softmax.js';
export { type UnitRowsOptions, unitRows } from './unit-rows.js';
export { type ValueAndGradient, withGradient } from './with-gradient.js';
