import { describe, expect, it } from 'vitest';
import { averagePopularity, catalogCoverage, giniIndex, novelty } from './index.js';

describe('metrics of recommended items', () => {
  const lists = [Int32Array.of(1, 2), Int32Array.of(2, 3)];

  it('catalogCoverage is the share of items in at least one list', () => {
    expect(catalogCoverage(lists, 6)).toBe(3 / 6);
  });

  it('giniIndex is 0 if all items are recommended equally often, and grows with concentration', () => {
    expect(giniIndex([[1, 2, 3, 4]], 4)).toBe(0);
    expect(
      giniIndex(
        [
          [1, 2],
          [1, 2],
        ],
        4,
      ),
    ).toBeCloseTo((-3 * 0 - 1 * 0 + 1 * 2 + 3 * 2) / (4 * 4), 12);
    expect(giniIndex([[1]], 100)).toBeCloseTo(0.99, 12);
  });

  it('novelty is the mean self-information in bits', () => {
    expect(novelty([[1]], [0, 1, 7])).toBeCloseTo(3, 12);
    expect(novelty([[1, 2]], [0, 1, 7])).toBeCloseTo((3 - Math.log2(7 / 8)) / 2, 12);
    expect(novelty([[3]], [0, 1, 7, 0])).toBeCloseTo(4, 12);
  });

  it('averagePopularity is the mean number of interactions', () => {
    expect(averagePopularity([[1], [2]], [0, 10, 30])).toBe(20);
  });

  it('reject items outside the catalog and empty lists', () => {
    expect(() => catalogCoverage([[0]], 3)).toThrow('catalogCoverage: items must be in 1..3, got 0');
    expect(() => novelty([[4]], [0, 1, 1, 1])).toThrow('novelty: items must be in 1..3, got 4');
    expect(() => giniIndex([], 3)).toThrow('giniIndex: needs at least one recommended item');
  });
});
