import { selectBackend } from '@recsys/model';
import { describeSequentialModel } from '@recsys/training/testing';
import { describe, it } from 'vitest';
import { SASRec } from './sasrec.js';

await selectBackend();

describe.each([
  { wiring: 'paper', sharedItemEmbedding: true },
  { wiring: 'pre-norm', sharedItemEmbedding: false },
  { wiring: 'pre-norm', similarity: 'cosine', temperature: 0.2 },
] as const)('SASRec with %o', (options) => {
  describeSequentialModel((config) => new SASRec({ hiddenUnits: 64, dropoutRate: 0.2, ...options, ...config }), {
    describe,
    it,
    training: { epochs: 40 },
  });
});
