// Transformer layers for packed sequences, and the ops they are made of.

// Layers to build models from.

export {
  type AttentionCallOptions,
  attentionRollout,
  type BlockCallOptions,
  type BlockParts,
  CausalSelfAttention,
  type CausalSelfAttentionOptions,
  type EmbeddingOptions,
  type FeedForwardCallOptions,
  GatedResidual,
  type GatedResidualOptions,
  HstuBlock,
  type HstuBlockOptions,
  type HstuCallOptions,
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
  type SequenceCallOptions,
  SequenceEmbedding,
  type SequenceEmbeddingOptions,
  TransformerBlock,
  type TransformerBlockOptions,
  type Wiring,
  type WiringFunction,
  wiringNames,
  wirings,
} from './layers/index.js';

// Item vectors of embeddings and features.

export {
  type DistinctRows,
  distinctRows,
  FeatureEmbedding,
  type FeatureEmbeddingOptions,
  type FeatureValues,
  projectRows,
  type SumEntries,
  weightedRowSums,
} from './features/index.js';

// For writing your own layers and reading their weights.

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

// Ops: functions of tensors.

export {
  type Activation,
  type AttentionBiases,
  activationNames,
  type BestItems,
  bestItems,
  bestQuantizedItems,
  type CandidateLossOptions,
  type CausalAttentionOptions,
  candidateLoss,
  candidateLossOfScores,
  causalAttention,
  causalAttentionWeights,
  countAbove,
  type DenseOptions,
  type DropoutMask,
  dense,
  dropout,
  type EmbedOptions,
  ExcludedItems,
  embedTokens,
  gatherRows,
  gelu,
  type HstuAttentionOptions,
  hasFused,
  hstuAttention,
  layerNorm,
  newestAttention,
  newestHstuAttention,
  newestRows,
  numTimeBuckets,
  packSequences,
  padSequences,
  pairwiseLogits,
  prefersTransposedMatMul,
  type QuantizedRows,
  quantizeRows,
  randomKey,
  runFused,
  type SoftmaxAndLogSums,
  scatterAddRows,
  scatterRows,
  sharedSoftmaxLoss,
  silu,
  sinusoids,
  softmaxAndLogSums,
  softmaxLoss,
  type TimeBuckets,
  timeBucketOf,
  timeBuckets,
  type UnitRowsOptions,
  unitRows,
  type ValueAndGradient,
  withGradient,
} from './ops/index.js';

// Errors.

export { LayerError, type LayerErrorCode } from './errors.js';
