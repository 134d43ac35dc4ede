import { selectBackend } from '@recsys/model';
import { crossEntropy } from '@recsys/training';
import { describeSequentialModel } from '@recsys/training/testing';
import { describe, it } from 'vitest';
import { HSTU } from './hstu.js';

await selectBackend();

describe.each([{ timeBias: true }, { timeBias: false, similarity: 'dot', numHeads: 2, attentionUnits: 8 }] as const)(
  'HSTU with %o',
  (options) => {
    describeSequentialModel((config) => new HSTU({ hiddenUnits: 32, ...options, ...config }), {
      describe,
      it,
      loss: crossEntropy(),
      training: { epochs: 20 },
    });
  },
);
