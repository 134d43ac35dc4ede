export { attention, attentionGrad, attentionScratch, newestAttention, softmax } from './attention';
export { binary, sumInner, sumOuter, unary } from './elementwise';
export { layerNorm, layerNormGrad } from './layer-norm';
export { dense, denseGrad, matmul, multiplyRows, sumParts, transposeMatrices } from './matmul';
export { copyBox, select, topK } from './movement';
export {
  adam,
  adamRows,
  adamUpdatedRows,
  dropout,
  embed,
  gatherRows,
  pairwiseLogits,
  pairwiseLogitsGrad,
  scatterUpdates,
  sortUpdates,
} from './rows';
