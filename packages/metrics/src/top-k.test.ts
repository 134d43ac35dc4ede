import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topK } from './index.js';

describe('topK', () => {
  it('returns the best first, of equal scores the lower index', () => {
    expect([...topK([1, 5, 3, 5], 3).indices]).toEqual([1, 3, 2]);
    expect([...topK([1, 5, 3, 5], 2).scores]).toEqual([5, 5]);
  });

  it('skips excluded indices and scores of -Infinity, and may return fewer than k', () => {
    expect([...topK([1, 5, Number.NEGATIVE_INFINITY, 4], 9, { exclude: [1] }).indices]).toEqual([3, 0]);
  });

  it('rejects NaN, an invalid k and unknown options', () => {
    expect(() => topK([1], 1, { excluded: [0] } as object)).toThrow('topK: unknown option excluded');
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
