import { expect } from 'vitest';
import { type NegativeSampler, Rng } from '../index.js';

/** Returns how often each item is drawn for a user, `[numItems + 1]`. */
export const drawCounts = (
  sampler: NegativeSampler,
  { user, draws, numItems }: { user: number; draws: number; numItems: number },
): number[] => {
  const into = new Int32Array(draws);
  sampler.sample({ user, into, rng: new Rng(1) });
  const counts = new Array<number>(numItems + 1).fill(0);
  for (const item of into) counts[item] += 1;
  return counts;
};

/** Expects counts to follow weights: their chi-square must be below a limit. */
export const expectShares = (counts: number[], weights: number[], limit: number): void => {
  const [draws, total] = [counts, weights].map((list) => list.reduce((sum, value) => sum + value, 0)) as [
    number,
    number,
  ];
  const statistic = weights.reduce((sum, weight, item) => {
    if (weight === 0) {
      expect(counts[item], `item ${item}`).toBe(0);
      return sum;
    }
    const expected = (draws * weight) / total;
    return sum + (counts[item] - expected) ** 2 / expected;
  }, 0);
  expect(statistic).toBeLessThan(limit);
};
