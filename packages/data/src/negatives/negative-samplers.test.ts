import { describe, expect, it } from 'vitest';
import {
  countItems,
  fromItemNegatives,
  inBatchNegatives,
  itemNegatives,
  logUniformNegatives,
  type NegativeSampler,
  popularityNegatives,
  Rng,
  trainBatches,
} from '../index.js';
import { sequencesOf } from '../test-support.js';

const drawCounts = (sampler: NegativeSampler, user: number, draws: number, numItems: number): number[] => {
  const into = new Int32Array(draws);
  sampler.sample(user, into, 0, draws, new Rng(1));
  const counts = new Array<number>(numItems + 1).fill(0);
  for (const item of into) counts[item] += 1;
  return counts;
};

/** Expects counts to follow weights, by a chi-square that one seed in a thousand would fail. */
const expectShares = (counts: number[], weights: number[], limit: number): void => {
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

// item 1 four times, 2 twice, 3, 4 and 5 once, 6 never; the last user has item 5 alone
const sequences = sequencesOf(6, [1, 2, 1], [1, 3, 4, 2, 1], [5]);

describe('popularityNegatives', () => {
  it('draws in proportion to interactions^alpha, outside the sequence', () => {
    expect([...countItems(sequences)]).toEqual([0, 4, 2, 1, 1, 1, 0]);
    for (const alpha of [0, 0.75, 1, 2]) {
      const weights = [0, 4, 2, 1, 1, 0, 0].map((count) => (count === 0 ? 0 : count ** alpha));
      expectShares(drawCounts(popularityNegatives(sequences, { alpha }), 2, 20_000, 6), weights, 16.3); // 3 degrees
    }
  });

  it('refuses a user who has all items that can be drawn, and a negative alpha', () => {
    const all = sequencesOf(3, [1, 2], [1]);
    expect(() => drawCounts(popularityNegatives(all), 0, 1, 3)).toThrow(
      'popularityNegatives: user "u0" has interacted with all 2 items',
    );
    expect(() => popularityNegatives(all, { alpha: -1 })).toThrow('alpha must be a number >= 0, got -1');
  });

  it('follows weights over a catalog of thousands', () => {
    const items = Array.from({ length: 3000 }, (_, i) => Array.from({ length: 1 + (i % 7) }, () => i + 1)).flat();
    const sampler = popularityNegatives(sequencesOf(3001, items, [3001]), { alpha: 1 });
    const byWeight = new Array<number>(8).fill(0);
    drawCounts(sampler, 1, 100_000, 3001).forEach((count, item) => {
      if (item > 0) byWeight[1 + ((item - 1) % 7)] += count;
    });
    expectShares(byWeight, [0, 1 * 429, 2 * 429, 3 * 429, 4 * 429, 5 * 428, 6 * 428, 7 * 428], 22.5); // 6 degrees
  });
});

describe('logUniformNegatives', () => {
  it('draws by popularity rank, as log-uniform candidates are', () => {
    const weights = [0, ...[0, 1, 2, 3].map((rank) => Math.log((rank + 2) / (rank + 1))), 0, Math.log(7 / 6)];
    expectShares(drawCounts(logUniformNegatives(sequences), 2, 20_000, 6), weights, 18.5); // 4 degrees
  });
});

describe('inBatchNegatives', () => {
  it("draws the batch's targets alone, outside the user's sequence", () => {
    const train = sequencesOf(12, [1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]);
    const sampler = inBatchNegatives(train);
    for (const batch of trainBatches(train, {
      batchSize: 2,
      maxLength: 5,
      seed: 1,
      numNegatives: 20,
      negativeSampler: sampler,
    })) {
      for (let b = 0; b < batch.size; b++) {
        const [from, to] = [batch.offsets[b], batch.offsets[b + 1]];
        const others = new Set([...batch.targets].filter((_, t) => t < from || t >= to));
        expect(new Set(batch.negatives.subarray(20 * from, 20 * to))).toEqual(others);
      }
    }
  });

  it('refuses to draw outside a batch, and from a batch whose targets the user all has', () => {
    const sampler = inBatchNegatives(sequences);
    expect(() => drawCounts(sampler, 0, 1, 6)).toThrow('draws from a batch, and none has been started');
    sampler.startBatch!(Int32Array.of(1, 2));
    expect(() => drawCounts(sampler, 0, 1, 6)).toThrow('a user has all targets of the batch');
  });
});

describe('itemNegatives', () => {
  it('are distinct, without the item, and the same at each call', () => {
    const table = itemNegatives(50, { numNegatives: 20, seed: 3 });
    for (const item of [1, 25, 50]) {
      const row = table.of(item);
      expect(new Set(row).size).toBe(20);
      expect(row.includes(item)).toBe(false);
      expect(row.every((negative) => negative >= 1 && negative <= 50)).toBe(true);
      expect([...itemNegatives(50, { numNegatives: 20, seed: 3 }).of(item)]).toEqual([...row]);
    }
    expect(() => itemNegatives(20, { numNegatives: 20, seed: 1 })).toThrow('must be at most 19');
  });

  it('train as the PyTorch re-implementation does: each token draws from the row of its target', () => {
    const table = itemNegatives(6, { numNegatives: 2, seed: 1 });
    const [batch] = trainBatches(sequences, {
      batchSize: 9,
      maxLength: 9,
      seed: 1,
      numNegatives: 3,
      negativeSampler: fromItemNegatives(table),
    });
    batch!.targets.forEach((target, t) => {
      for (const negative of batch!.negatives.subarray(3 * t, 3 * t + 3)) expect(table.of(target)).toContain(negative);
    });
    expect(() => drawCounts(fromItemNegatives(table), 0, 1, 6)).toThrow('it is for trainBatches');
  });
});
