/** The tfjs kernels of this backend: one file per family, each with a counterpart of the same name in `assembly/`. */
import { copyRegisteredKernels } from '@tensorflow/tfjs-core';
import { registerAdam } from './adam.js';
import { registerAttention } from './attention/causal.js';
import { registerHstuAttention } from './attention/hstu.js';
import { backendName, registerFourier } from './base/index.js';
import { registerCopy } from './copy.js';
import { registerDense } from './dense.js';
import { registerElementwise } from './elementwise.js';
import { registerEmbed } from './embed.js';
import { registerGather } from './gather.js';
import { registerNewestBlock } from './inference/newest-block.js';
import { registerRankItems } from './inference/rank-items.js';
import { registerTopBounds } from './inference/top-bounds.js';
import { registerLayerNorm } from './layer-norm.js';
import { registerLosses } from './losses.js';
import { registerMatmul } from './matmul.js';
import { registerPairwiseLogits } from './pairwise-logits.js';
import { registerReduce } from './reduce.js';
import { registerSoftmax } from './softmax.js';
import { registerTopK } from './top-k.js';
import { registerTransformerBlock } from './transformer-block.js';

export { backendName } from './base/index.js';
export { scatterRowUpdates } from './row-updates.js';

let registered = false;

/**
 * Copies all kernels of `cpu`, then replaces those of this backend. Kernels belong to the name of a backend, so
 * registering them once is enough.
 */
export const registerKernels = (): void => {
  if (registered) return;
  registered = true;
  copyRegisteredKernels('cpu', backendName);
  registerFourier();
  registerMatmul();
  registerElementwise();
  registerReduce();
  registerSoftmax();
  registerCopy();
  registerGather();
  registerTopK();
  registerTopBounds();
  registerTransformerBlock();
  registerNewestBlock();
  registerRankItems();
  registerDense();
  registerLayerNorm();
  registerAttention();
  registerHstuAttention();
  registerEmbed();
  registerPairwiseLogits();
  registerLosses();
  registerAdam();
};
