import { serialization } from '@tensorflow/tfjs-core';
import { CausalSelfAttention } from './causal-self-attention.js';
import { ItemEmbedding } from './embeddings/item-embedding.js';
import { PositionEmbedding } from './embeddings/position-embedding.js';
import { SequenceEmbedding } from './embeddings/sequence-embedding.js';
import { GatedResidual } from './gated-residual.js';
import { HstuBlock } from './hstu-block.js';
import { LayerNorm } from './layer-norm.js';
import { PointWiseFeedForward } from './point-wise-feed-forward.js';
import { SeededDropout } from './seeded-dropout.js';
import { TransformerBlock } from './transformer-block.js';

// The only side effect of importing this package: tfjs can then restore its layers by their class names.
serialization.registerClass(ItemEmbedding);
serialization.registerClass(PositionEmbedding);
serialization.registerClass(SequenceEmbedding);
serialization.registerClass(LayerNorm);
serialization.registerClass(SeededDropout);
serialization.registerClass(CausalSelfAttention);
serialization.registerClass(PointWiseFeedForward);
serialization.registerClass(GatedResidual);
serialization.registerClass(TransformerBlock);
serialization.registerClass(HstuBlock);
