import { type SequentialModel, selectBackend } from '@recsys/model';
import { describeSequentialModel } from '@recsys/training/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GRU4Rec } from '../examples/models/gru4rec.js';
import { LastItemModel } from './support/models.js';

await selectBackend();

describe('GRU4Rec of the examples', () => {
  describeSequentialModel((config) => new GRU4Rec({ hiddenUnits: 32, ...config }), { describe, it });
});

describe('a model that uses only the newest item', () => {
  describeSequentialModel((config) => new LastItemModel(config), { describe, it, beats: 'popularity' });
});

/** Returns the names of the checks that a model fails. */
const failures = async (change: (model: LastItemModel) => Partial<SequentialModel>): Promise<string[]> => {
  const failed: string[] = [];
  const checks: Promise<void>[] = [];
  describeSequentialModel(
    (config) => {
      const model = new LastItemModel(config);
      return Object.assign(model, change(model));
    },
    {
      describe: (_, define) => define(),
      it: (name, run) => checks.push(run().catch(() => void failed.push(name))),
      beats: 'popularity',
      training: { epochs: 1 },
    },
  );
  await Promise.all(checks);
  return failed;
};

describe('describeSequentialModel', () => {
  it('finds a model that uses later tokens and other sequences', async () => {
    const failed = await failures((model) => {
      const encode = model.encode.bind(model);
      return {
        encode: (batch, options) => tf.tidy(() => tf.cumsum(encode(batch, options), 0, false, true) as tf.Tensor2D),
      };
    });
    expect(failed).toContain('does not look at later tokens');
    expect(failed).toContain('does not look at other sequences of a batch');
  });

  it('finds leaks, weights without a gradient, a wrong newest state and files of another model', async () => {
    expect(
      await failures((model) => {
        const encode = model.encode.bind(model);
        return {
          encode: (batch, options) => {
            tf.keep(tf.scalar(1));
            return encode(batch, options);
          },
        };
      }),
    ).toContain('leaks no tensor, and may be disposed twice');
    const unused = await failures((model) => {
      const own = model.trainableWeights.bind(model);
      const variable = tf.variable(tf.zeros([1]));
      return { trainableWeights: () => [...own(), { name: 'unused', variable, isEmbedding: false }] };
    });
    expect(unused).toContain('trains every weight');
    expect(await failures(() => ({ encodeNewest: ({ size }) => tf.zeros([size, 16]) }))).toContain(
      'gives the newest state as `encode` does',
    );
    expect(await failures(() => ({ modelName: `model-${Math.random()}` }))).toContain(
      'is the same model when saved and loaded',
    );
  });
});
