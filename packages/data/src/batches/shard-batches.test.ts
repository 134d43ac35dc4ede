import { describe, expect, it } from 'vitest';
import {
  countItems,
  countShardBatches,
  type SequenceBatch,
  type SequenceShards,
  shardBatchSource,
  simulateInteractions,
  type TrainBatchesOptions,
  toSequences,
  type UserSequences,
  userIds,
} from '../index.js';

const { interactions } = simulateInteractions({ seed: 3, users: 103, items: 40, meanLength: 6 });
const whole = toSequences(interactions);

/** Users `from` to `to - 1`, as a shard has them. */
const part = (from: number, to: number): UserSequences => {
  const [start, end] = [whole.offsets[from], whole.offsets[to]];
  return {
    ...whole,
    offsets: whole.offsets.slice(from, to + 1).map((offset) => offset - start),
    ends: whole.ends.slice(from, to).map((own) => own - start),
    items: whole.items.slice(start, end),
    timestamps: whole.timestamps!.slice(start, end),
    users: userIds(whole.users.ids.slice(from, to)),
  };
};

const bounds = [0, 20, 21, 57, 80, 103];
const parts = bounds.slice(1).map((to, i) => part(bounds[i], to));

/** The sequences in five shards of unequal size, of which two are in memory at once. `reads` are those that were read. */
const inShards = (shardsAtOnce = 2) => {
  const reads: number[] = [];
  const shards: SequenceShards = {
    catalog: whole.catalog,
    lengths: parts.map(({ offsets, ends }) => ends.map((end, user) => end - offsets[user])),
    itemCounts: countItems(whole),
    shardsAtOnce,
    fingerprint: 'parts',
    read: async (shard) => {
      reads.push(shard);
      return parts[shard];
    },
  };
  return { shards, reads };
};

const options = { batchSize: 8, maxLength: 5, seed: 7, numNegatives: 2 };
const all = async (
  shards: SequenceShards,
  epoch: number,
  { firstBatch = 0, ...more }: Partial<TrainBatchesOptions> = {},
): Promise<SequenceBatch[]> => {
  const batches: SequenceBatch[] = [];
  for await (const batch of shardBatchSource(shards, { ...options, ...more }).epoch(epoch, firstBatch))
    batches.push(batch);
  return batches;
};

/** The histories of batches as texts: items, then the last target. */
const histories = (batches: readonly SequenceBatch[]): string[] =>
  batches.flatMap(({ size, offsets, items, targets, times }) =>
    Array.from({ length: size }, (_, b) =>
      [...items.subarray(offsets[b], offsets[b + 1]), targets[offsets[b + 1] - 1], times![offsets[b]]].join(' '),
    ),
  );

const expected = Array.from(whole.ends, (end, user) => {
  const start = Math.max(whole.offsets[user], end - 1 - options.maxLength);
  return end - whole.offsets[user] < 2
    ? []
    : [[...whole.items.subarray(start, end), whole.timestamps![start]].join(' ')];
}).flat();

describe('shardBatchSource', () => {
  it.each([1, 2, 5, 9])(
    'visits every user once in an epoch, in full batches, with %d shards at once',
    async (atOnce) => {
      const { shards, reads } = inShards(atOnce);
      const batches = await all(shards, 1);
      expect(histories(batches).sort()).toEqual([...expected].sort());
      expect(batches.length).toBe(Math.ceil(expected.length / 8));
      expect(batches.length).toBe(countShardBatches(shards, { batchSize: 8 }));
      expect(new Set(batches.slice(0, -1).map(({ size }) => size))).toEqual(new Set([8]));
      expect(reads.sort()).toEqual([0, 1, 2, 3, 4]);
    },
  );

  it('gives the same batches for a seed, and others for another seed or epoch', async () => {
    const { shards } = inShards();
    const first = await all(shards, 1);
    expect(await all(shards, 1)).toEqual(first);
    expect(histories(await all(shards, 2))).not.toEqual(histories(first));
    expect(histories(await all(shards, 1, { seed: 8 }))).not.toEqual(histories(first));
  });

  it.each([false, true])('resumes at any batch with just those that follow; windows: %s', async (windows) => {
    const { shards, reads } = inShards();
    const own = { windows, maxLength: 3 };
    const batches = await all(shards, 3, own);
    expect(batches.length).toBe(countShardBatches(shards, { batchSize: 8, ...own }));
    for (let firstBatch = 0; firstBatch <= batches.length; firstBatch++) {
      reads.length = 0;
      expect(await all(shards, 3, { ...own, firstBatch })).toEqual(batches.slice(firstBatch));
    }
    expect(reads).toEqual([]);
    await all(shards, 3, { ...own, firstBatch: batches.length - 1 });
    expect(reads.length).toBeLessThan(3);
  });

  it('makes every interaction but the first of a user a target once, in windows', async () => {
    const { shards } = inShards();
    const targets = (await all(shards, 1, { windows: true, maxLength: 3 })).flatMap((batch) => [...batch.targets]);
    const others = Array.from(whole.ends, (end, user) => [
      ...whole.items.subarray(whole.offsets[user] + 1, end),
    ]).flat();
    expect(targets.sort()).toEqual(others.sort());
  });

  it('draws negatives that the user has not met, also for those who waited for the next shards', async () => {
    const met = new Map(expected.map((text, i) => [text, i]));
    const users = [...whole.ends.keys()].filter((user) => whole.ends[user] - whole.offsets[user] >= 2);
    for (const batch of await all(inShards(1).shards, 1)) {
      histories([batch]).forEach((text, b) => {
        const user = users[met.get(text)!];
        const own = new Set(whole.items.subarray(whole.offsets[user], whole.ends[user]));
        const negatives = batch.negatives.subarray(2 * batch.offsets[b], 2 * batch.offsets[b + 1]);
        expect([...negatives].filter((item) => own.has(item))).toEqual([]);
      });
    }
  });

  it('refuses options out of range, and shards without targets', () => {
    const { shards } = inShards();
    expect(() => shardBatchSource(shards, { ...options, batchSize: 0 })).toThrow('shardBatchSource: batchSize');
    const empty = { ...shards, lengths: [Uint32Array.of(1, 0)] };
    expect(() => shardBatchSource(empty, options)).toThrow('none of 2 users has 2 training interactions');
  });
});
