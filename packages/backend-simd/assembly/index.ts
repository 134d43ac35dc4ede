/**
 * The kernels: one file per family, each with its counterpart of the same name in `src/kernels/`. What is exported here
 * is in the module.
 */
export { adam, adamCatchUp, adamRows, adamUpdatedRows } from './adam';
export { attention, attentionGrad, attentionScratch, newestAttention } from './attention/causal';
export { copyBox, transposeMatrices } from './copy';
export { dense, denseGrad } from './dense';
export { binary, dropout, select, unary } from './elementwise';
export { embed } from './embed';
export { gatherRows, highestIndices } from './gather';
export { hstuAttention, hstuAttentionGrad, newestHstuAttention } from './attention/hstu';
export { newestBlock } from './inference/newest-block';
export { bestItems, countAbove } from './inference/rank-items';
export { layerNorm, layerNormGrad } from './layer-norm';
export { candidateLoss, sharedSoftmaxLoss, softmaxLoss, softmaxLossItems } from './losses';
export { matmul, multiplyRows } from './matmul';
export { pairwiseLogits, pairwiseLogitsGrad } from './pairwise-logits';
export { sumInner, sumOuter, sumParts } from './reduce';
export { scatterUpdates, sortUpdates } from './row-updates';
export { softmax } from './softmax';
export { topK } from './top-k';
export { topBounds } from './inference/top-bounds';
export { transformerBlock, transformerBlockGrad } from './transformer-block';
