import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countItems, popularityNegatives, type SequenceShards, type UserSequences, userIds } from '@recsys/data';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { sampledSoftmax } from '../losses/index.js';
import { fit } from './fit.js';
import type { FitOptions } from './fit-options.js';

await useTestBackend();
const root = mkdtempSync(join(tmpdir(), 'recsys-shards-'));
afterAll(() => rmSync(root, { recursive: true }));

const split = smallSplit();
const { train } = split;
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });

/** The train part of users `from` to `to - 1`. */
const part = (from: number, to: number): UserSequences => ({
  ...train,
  offsets: train.offsets.subarray(from, to + 1),
  ends: train.ends.subarray(from, to),
  users: userIds(train.users.ids.slice(from, to)),
});
const parts = [part(0, 17), part(17, 40), part(40, 60)];
const shards: SequenceShards = {
  catalog: split.catalog,
  lengths: parts.map(({ offsets, ends }) => ends.map((end, user) => end - offsets[user])),
  itemCounts: countItems(train),
  shardsAtOnce: 1,
  fingerprint: 'three parts',
  read: async (shard) => parts[shard],
};
const options: FitOptions = {
  epochs: 4,
  seed: 4,
  batchSize: 16,
  learningRate: 0.02,
  validation: { protocol: 'full', patience: false },
  shards,
  clock: () => 0,
};

describe('fit with shards', () => {
  it.each([1, 3, 6, 9])(
    'stopped after %d steps and resumed, ends bit for bit as one that was not',
    async (maxSteps) => {
      const whole = newModel();
      const result = await fit(whole, split, options);
      expect(result.steps).toBe(4 * 4);
      const runDirectory = join(mkdtempSync(join(root, 'case-')), 'run');
      await fit(newModel(), split, { ...options, runDirectory, maxSteps });
      const resumed = newModel();
      await fit(resumed, split, { ...options, runDirectory, resume: true });
      expect(weightsOf(resumed)).toEqual(weightsOf(whole));
      const others = { ...shards, fingerprint: 'four parts' };
      await expect(fit(newModel(), split, { ...options, runDirectory, resume: true, shards: others })).rejects.toThrow(
        'another data.fingerprint',
      );
    },
  );

  it('learns as much as without', async () => {
    const best = async (more: Partial<FitOptions>) =>
      (await fit(newModel(), split, { ...options, epochs: 20, ...more })).best!;
    const [inShards, inMemory] = [await best({}), await best({ shards: undefined })];
    expect(inShards.value).toBeGreaterThan(0.8 * inMemory.value);
  });

  it('refuses what needs the whole train part', async () => {
    const refuse = (more: Partial<FitOptions>, message: string) =>
      expect(fit(newModel(), split, { ...options, ...more })).rejects.toThrow(message);
    await refuse({ sampling: 'with-replacement' }, 'with shards, sampling must be epoch');
    await refuse({ negativeSampler: popularityNegatives(train) }, 'with shards, negatives are uniform');
    await refuse({ loss: sampledSoftmax({ numNegatives: 2, inBatch: 0.5 }) }, 'cannot be used with shards');
    await refuse({ epochs: undefined } as never, 'with shards, epochs must be given');
    await refuse({ shards: { ...shards, catalog: smallSplit({ items: 21 }).catalog } }, 'another catalog');
    await refuse({ shards: {} as never }, 'must be SequenceShards');
  });
});
