import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averagePrecision, precision, recall } from './index.js';

describe('metrics of several targets', () => {
  const ranks = [12, 0, 4];

  it('equal the formulas, computed by hand', () => {
    expect(recall(ranks, 10)).toBeCloseTo(2 / 3, 12);
    expect(precision(ranks, 10)).toBeCloseTo(2 / 10, 12);
    expect(averagePrecision(ranks, 10)).toBeCloseTo((1 / 1 + 2 / 5) / 3, 12);
    expect(averagePrecision(ranks, 2)).toBeCloseTo(1 / 1 / 2, 12);
    expect(recall([Number.POSITIVE_INFINITY], 10)).toBe(0);
  });

  it('are 1 for a perfect list, and within 0..1 for any (property)', () => {
    const distinct = fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(distinct, fc.integer({ min: 1, max: 30 }), (own, k) => {
        const perfect = own.map((_, i) => i);
        expect(averagePrecision(perfect, k)).toBeCloseTo(1, 12);
        for (const metric of [recall, precision, averagePrecision]) {
          expect(metric(own, k)).toBeGreaterThanOrEqual(0);
          expect(metric(own, k)).toBeLessThanOrEqual(metric(perfect, k) + 1e-12);
        }
      }),
    );
  });

  it('reject invalid cutoffs and ranks', () => {
    expect(() => recall([], 10)).toThrow('recall: needs at least one target');
    expect(() => precision([1], 0)).toThrow('precision: k must be an integer >= 1, got 0');
    expect(() => averagePrecision([Number.NaN], 1)).toThrow('averagePrecision: ranks must be >= 0, got NaN at 0');
  });
});
