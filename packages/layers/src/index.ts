import './layers/register.js';

export { callLayer, type DropoutCallOptions } from './base/call-layer.js';
export { CompositeLayer } from './base/composite-layer.js';
export type { InitializerName } from './base/initializer.js';
export { type NamedVariable, namedWeights } from './base/named-weights.js';
export { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from './base/recsys-layer.js';
export { LayerError, type LayerErrorCode } from './errors.js';
export {
  type AttentionCallOptions,
  CausalSelfAttention,
  type CausalSelfAttentionOptions,
} from './layers/causal-self-attention.js';
export type { EmbeddingOptions } from './layers/embedding-table.js';
export { ItemEmbedding, type ItemEmbeddingOptions } from './layers/item-embedding.js';
export { LayerNorm, type LayerNormOptions } from './layers/layer-norm.js';
export {
  type FeedForwardCallOptions,
  PointWiseFeedForward,
  type PointWiseFeedForwardOptions,
} from './layers/point-wise-feed-forward.js';
export { PositionEmbedding, type PositionEmbeddingOptions } from './layers/position-embedding.js';
export { SeededDropout, type SeededDropoutOptions } from './layers/seeded-dropout.js';
export { SequenceEmbedding, type SequenceEmbeddingOptions } from './layers/sequence-embedding.js';
export { type BlockCallOptions, TransformerBlock, type TransformerBlockOptions } from './layers/transformer-block.js';
export { type Wiring, wiringNames } from './layers/wirings.js';
export {
  type CausalAttentionOptions,
  causalAttention,
  causalAttentionWeights,
  newestAttention,
  newestRows,
} from './ops/causal-attention.js';
export { type DenseOptions, dense } from './ops/dense.js';
export { dropout } from './ops/dropout.js';
export { type DropoutMask, randomKey } from './ops/dropout-random.js';
export { type EmbedOptions, embedTokens } from './ops/embed-tokens.js';
export { hasFused, prefersTransposedMatMul, runFused } from './ops/fused.js';
export { layerNorm } from './ops/layer-norm.js';
export { packSequences, padSequences } from './ops/pack.js';
export { pairwiseLogits } from './ops/pairwise-logits.js';
export { gatherRows, scatterAddRows, scatterRows } from './ops/rows.js';
export { type SoftmaxAndLogSums, softmaxAndLogSums } from './ops/softmax.js';
export { type ValueAndGradient, withGradient } from './ops/with-gradient.js';
