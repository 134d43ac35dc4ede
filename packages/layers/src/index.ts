import './layers/register.js';

export type { InitializerName } from './base/initializer.js';
export {
  CompositeLayer,
  callLayer,
  type LayerArguments,
  type NamedVariable,
  namedWeights,
  type SequenceCallOptions,
} from './base/sequence-layer.js';
export { LayerError } from './errors.js';
export { CausalSelfAttention, type CausalSelfAttentionArguments } from './layers/causal-self-attention.js';
export {
  ItemEmbedding,
  type ItemEmbeddingArguments,
  PositionEmbedding,
  type PositionEmbeddingArguments,
} from './layers/embeddings.js';
export { LayerNorm, type LayerNormArguments } from './layers/layer-norm.js';
export { PointWiseFeedForward, type PointWiseFeedForwardArguments } from './layers/point-wise-feed-forward.js';
export { SeededDropout, type SeededDropoutArguments } from './layers/seeded-dropout.js';
export { TransformerBlock, type TransformerBlockArguments, type Wiring, wirings } from './layers/transformer-block.js';
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
export { hasFused, runFused } from './ops/fused.js';
export { layerNorm } from './ops/layer-norm.js';
export { packSequences, padSequences } from './ops/pack.js';
export { pairwiseLogits } from './ops/pairwise-logits.js';
export { gatherRows, scatterAddRows, scatterRows } from './ops/rows.js';
export { type SoftmaxAndLogSums, softmaxAndLogSums } from './ops/softmax.js';
export { type ValueAndGradient, withGradient } from './ops/with-gradient.js';
