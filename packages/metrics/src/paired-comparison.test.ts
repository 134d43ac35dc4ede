import { describe, expect, it } from 'vitest';
import { comparePaired } from './index.js';
import { seeded } from './test-support.js';

describe('comparePaired', () => {
  const random = seeded(7);
  const users = 2000;
  const a = Float64Array.from({ length: users }, () => (random() < 0.5 ? 1 : 0));

  it('finds no difference between a model and itself', () => {
    expect(comparePaired(a, a, { uniform: seeded(1) })).toEqual({
      difference: { value: 0, low: 0, high: 0 },
      pValue: 1,
    });
  });

  it('finds a difference between models, with its size and sign', () => {
    const better = a.map((value, i) => (i % 10 === 0 ? 1 : value));
    const { difference, pValue } = comparePaired(better, a, { uniform: seeded(2) });
    expect(difference.value).toBeCloseTo(better.reduce((sum, value, i) => sum + value - a[i], 0) / users, 12);
    expect(difference.low).toBeGreaterThan(0);
    expect(pValue).toBeCloseTo(1 / 1001, 12);
    expect(comparePaired(a, better, { uniform: seeded(2) }).difference.value).toBeCloseTo(-difference.value, 12);
  });

  it('has the p-value of an exact sign test on equal differences', () => {
    // 7 of 8 differences positive: P(|X - 4| >= 3) = 2 (C(8,7) + C(8,8)) / 2^8
    const wins = [1, 1, 1, 1, 1, 1, 1, -1];
    const { pValue } = comparePaired(wins, new Float64Array(8), { uniform: seeded(3), resamples: 20_000 });
    expect(pValue).toBeCloseTo((2 * (8 + 1)) / 256, 2);
  });

  it('finds equal models different about as often as the level says', () => {
    let found = 0;
    for (let trial = 0; trial < 400; trial++) {
      const [x, y] = [0, 1].map(() => Float64Array.from({ length: 100 }, () => (random() < 0.4 ? 1 : 0)));
      found += comparePaired(x, y, { uniform: random, resamples: 200 }).pValue <= 0.1 ? 1 : 0;
    }
    expect(found / 400).toBeGreaterThan(0.04);
    expect(found / 400).toBeLessThan(0.15);
  });

  it('rejects lists of different length and unknown options', () => {
    const typo = { uniform: seeded(1), samples: 5 };
    expect(() => comparePaired([1], [1], typo)).toThrow('comparePaired: unknown option samples; options are uniform');
    expect(() => comparePaired([1], [1, 2], { uniform: seeded(1) })).toThrow(
      'a and b must have the same length, got 1 and 2',
    );
  });
});
