import { describe, expect, it } from 'vitest';
import { countTrainBatches, leaveOneOut, type TrainBatchesOptions, trainBatches } from '../index.js';
import { sequencesOf } from '../test-support.js';

const sequences = sequencesOf(30, [1, 2, 3, 4, 5], [6], [7, 8], [9, 10, 11], [1, 3, 5, 7, 9, 11, 13]);

describe('trainBatches', () => {
  const { train } = leaveOneOut(sequences);
  const options: TrainBatchesOptions = { batchSize: 2, maxLength: 3, seed: 1 };
  const epochOf = (more: Partial<TrainBatchesOptions> = {}) => [...trainBatches(train, { ...options, ...more })];

  it('packs all of the train part but its newest item, cut to the newest maxLength, with the next items as targets', () => {
    const [batch] = epochOf({ batchSize: 10 });
    const bySequence = Array.from({ length: batch!.size }, (_, b) => {
      const [from, to] = [batch!.offsets[b], batch!.offsets[b + 1]];
      return {
        items: [...batch!.items.subarray(from, to)],
        targets: [...batch!.targets.subarray(from, to)],
        positions: [...batch!.positions.subarray(from, to)],
      };
    }).sort((a, b) => a.items[0] - b.items[0] || a.items.length - b.items.length);
    expect(bySequence).toEqual([
      { items: [1, 2], targets: [2, 3], positions: [1, 2] },
      { items: [3, 5, 7], targets: [5, 7, 9], positions: [0, 1, 2] },
      { items: [7], targets: [8], positions: [2] },
    ]);
  });

  it('cuts long histories into windows, in which every item but the first is a target once', () => {
    const epoch = epochOf({ windows: true, batchSize: 3 });
    const found = epoch.flatMap((batch) =>
      Array.from({ length: batch.size }, (_, b) => {
        const [from, to] = [batch.offsets[b], batch.offsets[b + 1]];
        return {
          items: [...batch.items.subarray(from, to)],
          targets: [...batch.targets.subarray(from, to)],
          positions: [...batch.positions.subarray(from, to)],
        };
      }),
    );
    expect(found.sort((a, b) => a.items[0] - b.items[0] || a.items.length - b.items.length)).toEqual([
      { items: [1], targets: [3], positions: [2] },
      { items: [1, 2], targets: [2, 3], positions: [1, 2] },
      { items: [3, 5, 7], targets: [5, 7, 9], positions: [0, 1, 2] },
      { items: [7], targets: [8], positions: [2] },
    ]);
    expect(epoch).toHaveLength(countTrainBatches(train, { windows: true, batchSize: 3, maxLength: 3 }));
    expect(epochOf({ windows: true, maxLength: 50 })).toEqual(epochOf({ maxLength: 50 })); // no history is longer
    expect(() => countTrainBatches(train, { windows: true })).toThrow('maxLength');
  });

  it('refuses more negatives than memory can hold, before it takes any', () => {
    expect(() => epochOf({ numNegatives: 2 ** 28 })).toThrow(
      /negatives for each of \d+ tokens are more than a batch can hold/,
    );
    expect(() => epochOf({ numNegatives: 2 ** 28, sharedNegatives: true })).toThrow(/for each of \d+ sequences/);
  });

  it('has every user with two training interactions once an epoch, in another order each', () => {
    const many = leaveOneOut(
      sequencesOf(9, ...Array.from({ length: 50 }, (_, u) => [1 + (u % 9), 2, 3, 4, 5].slice(0, 2 + (u % 4)))),
    ).train;
    const firsts = (epoch: number) =>
      [...trainBatches(many, { ...options, epoch })].flatMap(({ items, offsets, size }) =>
        [...offsets.subarray(0, size)].map((at) => items[at]),
      );
    const expected = Array.from({ length: 50 }, (_, u) => u).filter((u) => many.ends[u] - many.offsets[u] >= 2);
    expect(firsts(1)).toHaveLength(expected.length);
    expect([...firsts(1)].sort()).toEqual([...firsts(2)].sort());
    expect(firsts(1)).not.toEqual(firsts(2));
    expect(countTrainBatches(many, { batchSize: 2 })).toBe(Math.ceil(expected.length / 2));
  });

  it('starts in the middle of an epoch with just what a whole one has there', () => {
    expect(epochOf({ firstBatch: 1 })).toEqual(epochOf().slice(1));
    expect(epochOf({ firstBatch: 2 })).toEqual([]);
  });

  it("draws the asked negatives a sequence where its tokens share them, outside the user's train part", () => {
    const [batch] = epochOf({ batchSize: 10, numNegatives: 40, sharedNegatives: true });
    expect(batch!.negatives.length).toBe(40 * batch!.size);
    for (let b = 0; b < batch!.size; b++) {
      const own = batch!.negatives.subarray(40 * b, 40 * (b + 1));
      const seen = batch!.items.subarray(batch!.offsets[b], batch!.offsets[b + 1]);
      expect([...own].every((item) => item >= 1 && item <= 30 && !seen.includes(item))).toBe(true);
    }
  });

  it("draws the asked negatives a token, outside the user's train part", () => {
    for (const { items, negatives, targets } of epochOf({ numNegatives: 40 })) {
      expect(negatives.length).toBe(40 * items.length);
      const own = train.offsets.findIndex(
        (start, u) =>
          sequences.items.subarray(start, train.ends[u]).includes(items[0]) &&
          sequences.items.subarray(start, train.ends[u]).includes(targets[0]),
      );
      const seen = sequences.items.subarray(train.offsets[own], train.ends[own]);
      for (const item of negatives.subarray(0, 40)) expect(seen.includes(item)).toBe(false);
    }
  });

  it('draws users with replacement when asked to, as many as an epoch has', () => {
    const batches = epochOf({ sampling: 'with-replacement' });
    expect(batches.reduce((sum, { size }) => sum + size, 0)).toBe(3);
    const seen = new Set(
      Array.from({ length: 30 }, (_, epoch) =>
        epochOf({ sampling: 'with-replacement', epoch })
          .map(({ items }) => [...items].join())
          .join('|'),
      ),
    );
    expect(seen.size).toBeGreaterThan(6); // more than the orders of three users
  });

  it('refuses options out of range, and data without a user to train on', () => {
    expect(() => epochOf({ maxLength: 0 })).toThrow('trainBatches: maxLength must be an integer >= 1, got 0');
    expect(() => epochOf({ batchSize: Number.NaN })).toThrow('batchSize must be an integer >= 1, got NaN');
    expect(() => epochOf({ sampling: 'other' as 'epoch' })).toThrow(
      'sampling must be epoch or with-replacement, got other',
    );
    expect(() => countTrainBatches(sequencesOf(3, [1], [2]))).toThrow('none of 2 users has 2 training interactions');
  });
});
