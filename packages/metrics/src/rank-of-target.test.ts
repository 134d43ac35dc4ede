import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankOfTarget } from './index.js';

describe('rankOfTarget', () => {
  it('counts higher scores, and half, none or all of the ties', () => {
    const scores = [3, 9, 3, 1, 3];
    expect(rankOfTarget(scores, 0)).toBe(1 + 2 / 2);
    expect(rankOfTarget(scores, 0, { ties: 'optimistic' })).toBe(1);
    expect(rankOfTarget(scores, 0, { ties: 'pessimistic' })).toBe(1 + 2);
    expect(rankOfTarget(scores, 1)).toBe(0);
    expect(rankOfTarget(scores, 3)).toBe(4);
  });

  it('skips excluded candidates', () => {
    expect(rankOfTarget([Number.NEGATIVE_INFINITY, 1, 2, Number.NEGATIVE_INFINITY], 1)).toBe(1);
  });

  it('rejects NaN, an excluded or missing target, unknown ties and unknown options', () => {
    expect(() => rankOfTarget([1], 0, { tie: 'expected' } as object)).toThrow('rankOfTarget: unknown option tie');
    expect(() => rankOfTarget([1, Number.NaN, 0], 0)).toThrow('rankOfTarget: score 1 of 3 is NaN');
    expect(() => rankOfTarget([1, Number.NaN], 1)).toThrow('rankOfTarget: score 1 of 2 is NaN');
    expect(() => rankOfTarget([1, Number.NEGATIVE_INFINITY], 1)).toThrow('got index 1 with score -Infinity');
    expect(() => rankOfTarget([1], 3)).toThrow('must be one of 1 candidates, got index 3');
    expect(() => rankOfTarget([1], 0, { ties: 'lucky' as 'expected' })).toThrow('got lucky');
  });

  it('is the index of the target in a full sort if no scores tie (property)', () => {
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
