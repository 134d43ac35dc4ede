// What training minimizes. Each loss names its paper and equation; a loss of your own is an object of the shape `Loss`.
export { bayesianPersonalizedRanking } from './bayesian-personalized-ranking.js';
export {
  binaryCrossEntropy,
  type GeneralizedBceOptions,
  gbceBeta,
  gbceScore,
  generalizedBinaryCrossEntropy,
} from './binary-cross-entropy.js';
export { crossEntropy, type SharedCrossEntropyOptions, sharedCrossEntropy } from './cross-entropy.js';
export { withEmbeddingL2 } from './embedding-l2.js';
export type { Loss, NegativesOptions } from './loss.js';
export { createLoss, type LossOptions, lossNames } from './loss-by-name.js';
export { type SampledSoftmaxOptions, sampledSoftmax } from './sampled-softmax.js';
