import { describe, expect, it } from 'vitest';
import { bootstrapMean } from './bootstrap.js';
import { seeded } from './test-support.js';

describe('bootstrapMean', () => {
  it('has no width when all values are the same', () => {
    expect(bootstrapMean([0.25, 0.25], { uniform: seeded(1) })).toEqual({ value: 0.25, low: 0.25, high: 0.25 });
  });

  it('is repeatable with a seed', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => i % 7);
    expect(bootstrapMean(values, { uniform: seeded(4) })).toEqual(bootstrapMean(values, { uniform: seeded(4) }));
    expect(bootstrapMean(values, { uniform: seeded(4) })).not.toEqual(bootstrapMean(values, { uniform: seeded(5) }));
  });

  it.each([40, 4000])('is as wide as the normal approximation of the mean, for %d values', (count) => {
    // values 0, 1/2, 1 in equal shares: variance 1/6
    const values = Float64Array.from({ length: count * 3 }, (_, i) => (i % 3) / 2);
    const { value, low, high } = bootstrapMean(values, { uniform: seeded(2), resamples: 4000 });
    const halfWidth = 1.96 * Math.sqrt(1 / 6 / values.length);
    expect(value).toBeCloseTo(0.5, 12);
    expect(Math.abs(low - (0.5 - halfWidth))).toBeLessThan(0.1 * halfWidth);
    expect(Math.abs(high - (0.5 + halfWidth))).toBeLessThan(0.1 * halfWidth);
  });

  it('covers the true mean of a coin about as often as its level says', () => {
    const random = seeded(3);
    let covered = 0;
    for (let trial = 0; trial < 300; trial++) {
      const values = Float64Array.from({ length: 200 }, () => (random() < 0.3 ? 1 : 0));
      const { low, high } = bootstrapMean(values, { uniform: random, resamples: 400 });
      covered += low <= 0.3 && 0.3 <= high ? 1 : 0;
    }
    expect(covered / 300).toBeGreaterThan(0.9);
    expect(covered / 300).toBeLessThan(0.99);
  });

  it('rejects an empty list, values that are not finite, and options that are unknown or out of range', () => {
    const uniform = seeded(1);
    const typo = { uniform, samples: 5 };
    expect(() => bootstrapMean([1], typo)).toThrow('bootstrapMean: unknown option samples');
    expect(() => bootstrapMean([], { uniform })).toThrow('needs at least one value');
    expect(() => bootstrapMean([1, Number.NaN], { uniform })).toThrow('values must be finite, got NaN at 1');
    expect(() => bootstrapMean([1], { uniform, resamples: 0 })).toThrow('resamples must be an integer >= 1, got 0');
    expect(() => bootstrapMean([1], { uniform, level: 1 })).toThrow('level must be in (0, 1), got 1');
  });
});
