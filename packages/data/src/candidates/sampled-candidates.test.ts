import { describe, expect, it } from 'vitest';
import { leaveOneOut, sampledCandidates, sampledPerItemCandidates } from '../index.js';
import { sequencesOf } from '../test-support.js';

const sequences = sequencesOf(30, [1, 2, 3, 4, 5], [6], [7, 8], [9, 10, 11], [1, 3, 5, 7, 9, 11, 13]);

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
