import { serialization } from '@tensorflow/tfjs-core';
import { CausalSelfAttention } from './causal-self-attention.js';
import { GatedResidual } from './gated-residual.js';
import { HstuBlock } from './hstu-block.js';
import { ItemEmbedding } from './item-embedding.js';
import { LayerNorm } from './layer-norm.js';
import { PointWiseFeedForward } from './point-wise-feed-forward.js';
import { PositionEmbedding } from './position-embedding.js';
import { SeededDropout } from './seeded-dropout.js';
import { SequenceEmbedding } from './sequence-embedding.js';
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
