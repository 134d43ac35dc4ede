import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundsOf } from './rounds.js';

describe('roundsOf', () => {
  it('is one round for what fits in a call, and none for nothing', () => {
    expect(roundsOf([3, 0, 2], 9)).toEqual([{ from: 0, counts: [3, 0, 2], starts: [0, 3, 3] }]);
    expect(roundsOf([0, 0], 9)).toEqual([]);
  });

  it('gathers each byte of each rank once, and never more than fits in a call (property)', () => {
    const length = fc.nat({ max: 40 });
    fc.assert(
      fc.property(
        fc.array(length, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 5, max: 30 }),
        (lengths, most) => {
          const gathered = lengths.map(() => 0);
          for (const { from, counts, starts } of roundsOf(lengths, most)) {
            expect(counts.reduce((a, b) => a + b)).toBeLessThanOrEqual(most);
            counts.forEach((count, rank) => {
              if (count > 0) expect(from).toBe(gathered[rank]);
              expect(starts[rank]).toBe(counts.slice(0, rank).reduce((a, b) => a + b, 0));
              gathered[rank] += count;
            });
          }
          expect(gathered).toEqual(lengths);
        },
      ),
    );
  });
});
