// Layers for packed sequences, and the ops under them.

// Layers, as a model is built from them.

export {
  type AttentionCallOptions,
  type BlockCallOptions,
  CausalSelfAttention,
  type CausalSelfAttentionOptions,
  type EmbeddingOptions,
  type FeedForwardCallOptions,
  ItemEmbedding,
  type ItemEmbeddingOptions,
  LayerNorm,
  type LayerNormOptions,
  PointWiseFeedForward,
  type PointWiseFeedForwardOptions,
  PositionEmbedding,
  type PositionEmbeddingOptions,
  SeededDropout,
  type SeededDropoutOptions,
  SequenceEmbedding,
  type SequenceEmbeddingOptions,
  TransformerBlock,
  type TransformerBlockOptions,
  type Wiring,
  wiringNames,
} from './layers/index.js';

// To write a layer of your own, or to read the weights of one.

export {
  CompositeLayer,
  callLayer,
  type DropoutCallOptions,
  type FilledIn,
  type InitializerName,
  type InputShape,
  type LayerOptions,
  type NamedVariable,
  namedWeights,
  RecsysLayer,
} from './base/index.js';

// Functions of tensors.

export {
  type CausalAttentionOptions,
  causalAttention,
  causalAttentionWeights,
  type DenseOptions,
  type DropoutMask,
  dense,
  dropout,
  type EmbedOptions,
  embedTokens,
  gatherRows,
  hasFused,
  layerNorm,
  newestAttention,
  newestRows,
  packSequences,
  padSequences,
  pairwiseLogits,
  prefersTransposedMatMul,
  randomKey,
  runFused,
  type SoftmaxAndLogSums,
  scatterAddRows,
  scatterRows,
  softmaxAndLogSums,
  type ValueAndGradient,
  withGradient,
} from './ops/index.js';

// What all of them throw.

export { LayerError, type LayerErrorCode } from './errors.js';
