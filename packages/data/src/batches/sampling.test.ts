import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countTrainBatches,
  evaluationHistories,
  historyBatch,
  leaveOneOut,
  Rng,
  sampledCandidates,
  sampledPerItemCandidates,
  type TrainBatchesOptions,
  trainBatches,
  uniformNegatives,
} from '../index.js';
import { sequencesOf } from '../test-support.js';

const sequences = sequencesOf(30, [1, 2, 3, 4, 5], [6], [7, 8], [9, 10, 11], [1, 3, 5, 7, 9, 11, 13]);

describe('leaveOneOut', () => {
  const split = leaveOneOut(sequences);

  it('holds out the newest two of users with three or more', () => {
    expect([...split.test.users]).toEqual([0, 3, 4]);
    expect([...split.test.targets]).toEqual([5, 11, 13]);
    expect([...split.validation.targets]).toEqual([4, 10, 11]);
    expect(
      [0, 1, 2, 3, 4].map((u) => [...sequences.items.subarray(split.train.offsets[u], split.train.ends[u])]),
    ).toEqual([[1, 2, 3], [6], [7, 8], [9], [1, 3, 5, 7, 9]]);
  });

  it('gives a test target the validation item as its newest history', () => {
    expect(evaluationHistories(split.validation, 0, 2).map((h) => [...h])).toEqual([[1, 2, 3], [9]]);
    expect(evaluationHistories(split.test, 1, 3).map((h) => [...h])).toEqual([
      [9, 10],
      [1, 3, 5, 7, 9, 11],
    ]);
  });

  it('shares the arrays', () => {
    expect(split.train.items).toBe(sequences.items);
    expect(split.test.sequences.items.buffer).toBe(sequences.items.buffer);
  });

  it('never has a target in training or in its own history before it (property)', () => {
    const user = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(user, { minLength: 1, maxLength: 20 }), (users) => {
        const { train, validation, test } = leaveOneOut(sequencesOf(50, ...users));
        const evaluated = users.filter(({ length }) => length >= 3);
        expect(test.users.length).toBe(evaluated.length);
        expect([...train.ends].reduce((sum, end, u) => sum + end - train.offsets[u]!, 0)).toBe(
          users.flat().length - 2 * evaluated.length,
        );
        test.users.forEach((u, entry) => {
          expect(validation.historyEnds[entry]).toBe(train.ends[u]);
          expect(test.historyEnds[entry]).toBe(train.ends[u]! + 1);
          expect(test.targets[entry]).toBe(users[u]!.at(-1));
        });
      }),
    );
  });
});

describe('uniformNegatives', () => {
  it("draws every item outside a user's sequence equally often, and none inside", () => {
    const into = new Int32Array(25_000);
    uniformNegatives(sequences).sample(0, into, 0, into.length, new Rng(1));
    const counts = new Map<number, number>();
    for (const item of into) counts.set(item, (counts.get(item) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i + 6));
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(51.2); // 24 degrees, p > 0.001
  });

  it('keeps users apart when they take turns', () => {
    const sampler = uniformNegatives(sequencesOf(3, [1, 2], [2, 3]));
    const into = new Int32Array(1);
    for (let i = 0; i < 20; i++) {
      sampler.sample(i % 2, into, 0, 1, new Rng(i));
      expect(into[0]).toBe(i % 2 === 0 ? 3 : 1);
    }
  });

  it('refuses a user who has interacted with everything, by their own id', () => {
    expect(() => uniformNegatives(sequencesOf(2, [1, 2, 1])).sample(0, new Int32Array(1), 0, 1, new Rng(1))).toThrow(
      'user "u0" has interacted with all 2 items; none is left to draw',
    );
  });
});

describe('trainBatches', () => {
  const { train } = leaveOneOut(sequences);
  const options: TrainBatchesOptions = { batchSize: 2, maxLength: 3, seed: 1 };
  const epochOf = (more: Partial<TrainBatchesOptions> = {}) => [...trainBatches(train, { ...options, ...more })];

  it('packs all of the train part but its newest item, cut to the newest maxLength, with the next items as targets', () => {
    const [batch] = epochOf({ batchSize: 10 });
    const bySequence = Array.from({ length: batch!.size }, (_, b) => {
      const [from, to] = [batch!.offsets[b]!, batch!.offsets[b + 1]!];
      return {
        items: [...batch!.items.subarray(from, to)],
        targets: [...batch!.targets.subarray(from, to)],
        positions: [...batch!.positions.subarray(from, to)],
      };
    }).sort((a, b) => a.items[0]! - b.items[0]! || a.items.length - b.items.length);
    expect(bySequence).toEqual([
      { items: [1, 2], targets: [2, 3], positions: [1, 2] },
      { items: [3, 5, 7], targets: [5, 7, 9], positions: [0, 1, 2] },
      { items: [7], targets: [8], positions: [2] },
    ]);
  });

  it('has every user with two training interactions once an epoch, in another order each', () => {
    const many = leaveOneOut(
      sequencesOf(9, ...Array.from({ length: 50 }, (_, u) => [1 + (u % 9), 2, 3, 4, 5].slice(0, 2 + (u % 4)))),
    ).train;
    const firsts = (epoch: number) =>
      [...trainBatches(many, { ...options, epoch })].flatMap(({ items, offsets, size }) =>
        [...offsets.subarray(0, size)].map((at) => items[at]!),
      );
    const expected = Array.from({ length: 50 }, (_, u) => u).filter((u) => many.ends[u]! - many.offsets[u]! >= 2);
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
          sequences.items.subarray(start, train.ends[u]).includes(items[0]!) &&
          sequences.items.subarray(start, train.ends[u]).includes(targets[0]!),
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

describe('historyBatch', () => {
  it('packs the newest items, the last always at the last position', () => {
    const batch = historyBatch([Int32Array.of(1, 2, 3), Int32Array.of(4)], { maxLength: 2 });
    expect({
      ...batch,
      items: [...batch.items],
      offsets: [...batch.offsets],
      positions: [...batch.positions],
    }).toMatchObject({
      size: 2,
      offsets: [0, 2, 3],
      items: [2, 3, 4],
      positions: [0, 1, 1],
    });
  });

  it('refuses an empty history', () => {
    expect(() => historyBatch([Int32Array.of(1), new Int32Array(0)], { maxLength: 2 })).toThrow('history 1 is empty');
  });
});

describe('candidates of the sampled protocols', () => {
  const { test } = leaveOneOut(sequences);

  it("sampled: the target, then items outside the user's train part; the same for any block", () => {
    const sample = sampledCandidates(test);
    const all = sample({ start: 0, end: 3, seed: 1, numNegatives: 200 });
    expect([...sample({ start: 1, end: 2, seed: 1, numNegatives: 200 })]).toEqual([...all.subarray(201, 402)]);
    test.users.forEach((user, entry) => {
      const row = all.subarray(entry * 201, (entry + 1) * 201);
      const train = new Set(sequences.items.subarray(sequences.offsets[user], test.trainEnds[entry]));
      expect(row[0]).toBe(test.targets[entry]);
      expect(new Set(row.subarray(1))).toEqual(
        new Set(Array.from({ length: 30 }, (_, i) => i + 1).filter((item) => !train.has(item))),
      );
    });
    expect([...sample({ start: 0, end: 3, seed: 2, numNegatives: 200 })]).not.toEqual([...all]);
  });

  it('sampled-per-item: distinct items other than the target, fixed by the target', () => {
    const twins = leaveOneOut(sequencesOf(30, [1, 2, 9], [3, 4, 9], [5, 6, 8])).test;
    const sample = sampledPerItemCandidates(twins);
    const rows = [0, 1, 2].map((entry) => [...sample({ start: entry, end: entry + 1, seed: 1, numNegatives: 10 })]);
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[2]).not.toEqual(rows[0]);
    for (const row of rows) {
      expect(new Set(row).size).toBe(11);
      expect(row.every((item) => item >= 1 && item <= 30)).toBe(true);
    }
  });

  it('sampled-per-item: all others, when as many are asked for, and no more', () => {
    const { test } = leaveOneOut(sequencesOf(5, [1, 2, 3]));
    const all = sampledPerItemCandidates(test)({ start: 0, end: 1, seed: 3, numNegatives: 4 });
    expect([...all].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(() => sampledPerItemCandidates(test)({ start: 0, end: 1, seed: 3 })).toThrow(
      'numNegatives must be at most 4, the other items of the catalog, got 100',
    );
  });

  it('sampled-per-item: every other item equally often (chi-square, 8 degrees of freedom, p > 0.001)', () => {
    const counts = new Map<number, number>();
    const { test } = leaveOneOut(sequencesOf(10, [1, 2, 4]));
    for (let seed = 0; seed < 3000; seed++) {
      for (const item of sampledPerItemCandidates(test)({ start: 0, end: 1, seed, numNegatives: 3 }).subarray(1))
        counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    expect(counts.has(4)).toBe(false);
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(26.1);
  });
});
