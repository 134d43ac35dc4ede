// The layers: each has weights, checks its options and calls ops. Importing this room registers their class names, so
// that tfjs can restore layers from a configuration.
import './register.js';

export { attentionRollout } from './attention-rollout.js';
export {
  type AttentionCallOptions,
  CausalSelfAttention,
  type CausalSelfAttentionOptions,
} from './causal-self-attention.js';
export type { EmbeddingOptions } from './embeddings/embedding-table.js';
export { ItemEmbedding, type ItemEmbeddingOptions } from './embeddings/item-embedding.js';
export { PositionEmbedding, type PositionEmbeddingOptions } from './embeddings/position-embedding.js';
export {
  type SequenceCallOptions,
  SequenceEmbedding,
  type SequenceEmbeddingOptions,
} from './embeddings/sequence-embedding.js';
export { GatedResidual, type GatedResidualOptions } from './gated-residual.js';
export { HstuBlock, type HstuBlockOptions, type HstuCallOptions } from './hstu-block.js';
export { LayerNorm, type LayerNormOptions } from './layer-norm.js';
export {
  type FeedForwardCallOptions,
  PointWiseFeedForward,
  type PointWiseFeedForwardOptions,
} from './point-wise-feed-forward.js';
export { SeededDropout, type SeededDropoutOptions } from './seeded-dropout.js';
export { type BlockCallOptions, TransformerBlock, type TransformerBlockOptions } from './transformer-block.js';
export { type BlockParts, type Wiring, type WiringFunction, wiringNames, wirings } from './wirings.js';
