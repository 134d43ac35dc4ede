import { itemFeatures } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { crossEntropy } from '@recsys/training';
import { describeSequentialModel } from '@recsys/training/testing';
import { describe, it } from 'vitest';
import { SASRec } from './sasrec.js';

await selectBackend();

/** Features of the items of the suite, which are called `item-1`, and of those of its simulated data. */
const features = itemFeatures(
  Array.from({ length: 200 }, (_, i) => ['item-', ''].map((prefix) => ({ id: `${prefix}${i + 1}`, i })))
    .flat()
    .map(({ id, i }) => ({ id, kind: `k${i % 3}`, price: (i * 7) % 5, text: [Math.sin(i), Math.cos(i)] })),
  { categories: ['kind'], numbers: ['price'], vectors: ['text'] },
);

describe.each([
  { wiring: 'paper', sharedItemEmbedding: true },
  { wiring: 'pre-norm', sharedItemEmbedding: false },
  { wiring: 'ligr', positions: 'sinusoidal', numBlocks: 1, feedForwardUnits: 64 },
  // Cosines are for a softmax: binary cross-entropy would have them all below zero.
  { wiring: 'pre-norm', similarity: 'cosine', temperature: 0.2, loss: crossEntropy() },
  { wiring: 'paper', features },
] as const)('SASRec with $wiring $similarity $features.columns.0.feature', (given) => {
  const { loss, ...options } = { loss: undefined, ...given };
  describeSequentialModel((config) => new SASRec({ hiddenUnits: 64, dropoutRate: 0.2, ...options, ...config }), {
    describe,
    it,
    ...(loss && { loss }),
    training: { epochs: 40 },
  });
});
