export { attention, attentionGrad, attentionScratch } from './attention';
export { binary, sumInner, unary } from './elementwise';
export { layerNorm, layerNormGrad } from './layer-norm';
export { dense, denseGrad, matmul, sumParts, transposeMatrices } from './matmul';
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
