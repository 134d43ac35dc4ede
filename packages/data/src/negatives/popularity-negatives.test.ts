import { describe, expect, it } from 'vitest';
import { countItems, popularityNegatives } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { drawCounts, expectShares } from './test-draws.js';

// item 1 four times, 2 twice, 3, 4 and 5 once, 6 never; the last user has item 5 alone
const sequences = sequencesOf(6, [1, 2, 1], [1, 3, 4, 2, 1], [5]);

describe('popularityNegatives', () => {
  it('draws in proportion to interactions^alpha, outside the sequence', () => {
    expect([...countItems(sequences)]).toEqual([0, 4, 2, 1, 1, 1, 0]);
    for (const alpha of [0, 0.75, 1, 2]) {
      const weights = [0, 4, 2, 1, 1, 0, 0].map((count) => (count === 0 ? 0 : count ** alpha));
      expectShares(
        drawCounts(popularityNegatives(sequences, { alpha }), { user: 2, draws: 20_000, numItems: 6 }),
        weights,
        16.3,
      ); // 3 degrees
    }
  });

  it('refuses a user who has all items that can be drawn, and a negative alpha', () => {
    const all = sequencesOf(3, [1, 2], [1]);
    expect(() => drawCounts(popularityNegatives(all), { user: 0, draws: 1, numItems: 3 })).toThrow(
      'popularityNegatives: user "u0" has interacted with all 2 items',
    );
    expect(() => popularityNegatives(all, { alpha: -1 })).toThrow('alpha must be a number >= 0, got -1');
  });

  it('draws what is left to a user who has an item of nearly all weight', () => {
    const hot = Array.from({ length: 200_000 }, () => 1);
    const sampler = popularityNegatives(sequencesOf(4, [...hot, 2, 2, 3], [4]), { alpha: 1 });
    const twice = popularityNegatives(sequencesOf(4, hot, [2, 2, 3, 4]), { alpha: 1 });
    expect(drawCounts(sampler, { user: 0, draws: 100, numItems: 4 })[4]).toBe(100);
    expectShares(drawCounts(twice, { user: 0, draws: 10_000, numItems: 4 }), [0, 0, 2, 1, 1], 13.9); // 2 degrees
  });

  it.each([3, 30, 1000, 1e6, 1e300])('works with alpha %d, also for a user who has the popular items', (alpha) => {
    const sampler = popularityNegatives(sequences, { alpha });
    expect(drawCounts(sampler, { user: 2, draws: 100, numItems: 6 })[1]).toBeGreaterThan(80);
    const left = drawCounts(sampler, { user: 0, draws: 10_000, numItems: 6 });
    expectShares(left, [0, 0, 0, 1, 1, 1, 0], 13.9); // 2 degrees
    expect(drawCounts(sampler, { user: 1, draws: 100, numItems: 6 })[5]).toBe(100);
  });

  it('follows weights over a catalog of thousands', () => {
    const items = Array.from({ length: 3000 }, (_, i) => Array.from({ length: 1 + (i % 7) }, () => i + 1)).flat();
    const sampler = popularityNegatives(sequencesOf(3001, items, [3001]), { alpha: 1 });
    const byWeight = new Array<number>(8).fill(0);
    drawCounts(sampler, { user: 1, draws: 100_000, numItems: 3001 }).forEach((count, item) => {
      if (item > 0) byWeight[1 + ((item - 1) % 7)] += count;
    });
    expectShares(byWeight, [0, 1 * 429, 2 * 429, 3 * 429, 4 * 429, 5 * 428, 6 * 428, 7 * 428], 22.5); // 6 degrees
  });
});
