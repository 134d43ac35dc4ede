import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hitGain,
  hitRate,
  meanReciprocalRank,
  ndcg,
  ndcgGain,
  rankOfTarget,
  reciprocalRankGain,
  topK,
} from './index.js';

describe('rankOfTarget', () => {
  it('counts candidates ahead, and half, none or all of those that tie', () => {
    const scores = [3, 9, 3, 1, 3];
    expect(rankOfTarget(scores, 0)).toBe(1 + 2 / 2);
    expect(rankOfTarget(scores, 0, { ties: 'optimistic' })).toBe(1);
    expect(rankOfTarget(scores, 0, { ties: 'pessimistic' })).toBe(1 + 2);
    expect(rankOfTarget(scores, 1)).toBe(0);
    expect(rankOfTarget(scores, 3)).toBe(4);
  });

  it('passes over removed candidates', () => {
    expect(rankOfTarget([Number.NEGATIVE_INFINITY, 1, 2, Number.NEGATIVE_INFINITY], 1)).toBe(1);
  });

  it('refuses NaN anywhere, a removed target, a target outside and unknown ties', () => {
    expect(() => rankOfTarget([1, Number.NaN, 0], 0)).toThrow('rankOfTarget: score 1 of 3 is NaN');
    expect(() => rankOfTarget([1, Number.NaN], 1)).toThrow('rankOfTarget: score 1 of 2 is NaN');
    expect(() => rankOfTarget([1, Number.NEGATIVE_INFINITY], 1)).toThrow('got index 1 with score -Infinity');
    expect(() => rankOfTarget([1], 3)).toThrow('must be one of 1 candidates, got index 3');
    expect(() => rankOfTarget([1], 0, { ties: 'lucky' as 'expected' })).toThrow('got lucky');
  });

  it('is the place of the target in a full sort when no scores tie (property)', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        fc.nat(),
        (scores, pick) => {
          const target = pick % scores.length;
          expect(rankOfTarget(scores, target)).toBe([...scores].sort((a, b) => b - a).indexOf(scores[target]));
        },
      ),
    );
  });
});

describe('metrics of ranks', () => {
  const ranks = Float32Array.of(0, 3, 9.5, 10, 50);

  it('are what the formulas give, by hand', () => {
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

  it.each([0, -1, 1.5, Number.NaN])('refuse k = %d', (k) => {
    expect(() => ndcg(ranks, k)).toThrow(`ndcg: k must be an integer >= 1, got ${k}`);
  });

  it('refuse no ranks, and ranks that are none', () => {
    expect(() => hitRate([], 10)).toThrow('hitRate: needs at least one rank');
    expect(() => meanReciprocalRank([0, Number.NaN], 10)).toThrow('ranks must be >= 0, got NaN at 1');
  });
});

describe('topK', () => {
  it('returns the best first, of equal scores the lower index', () => {
    expect([...topK([1, 5, 3, 5], 3).indices]).toEqual([1, 3, 2]);
    expect([...topK([1, 5, 3, 5], 2).scores]).toEqual([5, 5]);
  });

  it('leaves out excluded and removed candidates, and may return fewer than k', () => {
    expect([...topK([1, 5, Number.NEGATIVE_INFINITY, 4], 9, { exclude: [1] }).indices]).toEqual([3, 0]);
  });

  it('refuses NaN and a bad k', () => {
    expect(() => topK([1, Number.NaN], 1)).toThrow('topK: score 1 of 2 is NaN');
    expect(() => topK([1], 0)).toThrow('topK: k must be an integer >= 1, got 0');
  });

  it('equals a stable full sort (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: 1, max: 30 }), (scores, k) => {
        const sorted = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, k);
        expect([...topK(scores, k).indices]).toEqual(sorted);
      }),
    );
  });
});
