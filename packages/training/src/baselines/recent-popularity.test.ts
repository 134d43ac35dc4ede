import { itemIds, userIds } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import { recentPopularityBaseline } from './recent-popularity.js';

const offsets = Uint32Array.of(0, 3, 5, 6);
const sequences = {
  offsets,
  ends: offsets.subarray(1),
  items: Int32Array.of(1, 1, 2, 1, 2, 3),
  timestamps: Float64Array.of(1, 2, 30, 3, 31, 32),
  users: userIds(['a', 'b', 'c']),
  catalog: itemIds(['old', 'new', 'newest']),
};
const scoresOf = (scorer: ReturnType<typeof recentPopularityBaseline>) => {
  const scores = scorer.score([Int32Array.of(1)]);
  return Object.fromEntries(sequences.catalog.ids.map((id, i) => [id, scores[i + 1]]));
};

describe('recentPopularityBaseline', () => {
  it('counts what is after a time, and ranks the rest below by how often it occurred before', () => {
    const { old, new: recent, newest } = scoresOf(recentPopularityBaseline(sequences, { since: 10 }));
    expect(recent).toBe(2);
    expect(newest).toBe(1);
    expect(old).toBeGreaterThan(0);
    expect(old).toBeLessThan(1);
  });

  it('counts the newest tenth by default, of the train part alone', () => {
    expect(scoresOf(recentPopularityBaseline(sequences)).newest).toBe(1);
    const train = { ...sequences, ends: Uint32Array.from(sequences.offsets.subarray(0, 3), (start) => start + 2) };
    const { old, newest } = scoresOf(
      recentPopularityBaseline({ ...train, ends: train.ends.with(2, train.offsets[2]) }),
    );
    expect(newest).toBe(0);
    expect(old).toBeLessThan(1);
  });

  it('needs timestamps', () => {
    const { timestamps: _, ...untimed } = sequences;
    expect(() => recentPopularityBaseline({ ...untimed, catalog: itemIds(['x']) })).toThrow('needs timestamps');
  });
});
