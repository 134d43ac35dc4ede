import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitGain, hitRate, meanReciprocalRank, ndcg, ndcgGain, reciprocalRankGain } from './index.js';

describe('metrics of ranks', () => {
  const ranks = Float32Array.of(0, 3, 9.5, 10, 50);

  it('equal the formulas, computed by hand', () => {
    expect(hitRate(ranks, 10)).toBeCloseTo(3 / 5, 12);
    expect(ndcg(ranks, 10)).toBeCloseTo((1 / Math.log2(2) + 1 / Math.log2(5) + 1 / Math.log2(11.5)) / 5, 12);
    expect(meanReciprocalRank(ranks, 10)).toBeCloseTo((1 + 1 / 4 + 1 / 10.5) / 5, 12);
    expect([
      hitGain(9, 10),
      hitGain(10, 10),
      ndcgGain(0, 1),
      ndcgGain(2, 10),
      ndcgGain(1, 1),
      reciprocalRankGain(4, 5),
    ]).toEqual([1, 0, 1, 0.5, 0, 0.2]);
  });

  it('are ordered MRR <= NDCG <= HR, and grow with k (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (ranks, k) => {
        expect(meanReciprocalRank(ranks, k)).toBeLessThanOrEqual(ndcg(ranks, k) + 1e-12);
        expect(ndcg(ranks, k)).toBeLessThanOrEqual(hitRate(ranks, k) + 1e-12);
        for (const metric of [hitRate, ndcg, meanReciprocalRank])
          expect(metric(ranks, k)).toBeLessThanOrEqual(metric(ranks, k + 1));
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('reject k = %d', (k) => {
    expect(() => ndcg(ranks, k)).toThrow(`ndcg: k must be an integer >= 1, got ${k}`);
  });

  it('reject an empty list and NaN ranks', () => {
    expect(() => hitRate([], 10)).toThrow('hitRate: needs at least one rank');
    expect(() => meanReciprocalRank([0, Number.NaN], 10)).toThrow('ranks must be >= 0, got NaN at 1');
  });
});
