// Item vectors that are made of embeddings and features. Importing this room registers its class names, so that tfjs can restore its layers.
import { serialization } from '@tensorflow/tfjs-core';
import { FeatureEmbedding } from './feature-embedding.js';
import { FeatureTable, VectorProjection } from './feature-parts.js';

serialization.registerClass(FeatureEmbedding);
serialization.registerClass(FeatureTable);
serialization.registerClass(VectorProjection);

export { type DistinctRows, distinctRows } from './distinct-rows.js';
export { FeatureEmbedding, type FeatureEmbeddingOptions, type FeatureValues } from './feature-embedding.js';
export { projectRows, type SumEntries, weightedRowSums } from './weighted-row-sums.js';
