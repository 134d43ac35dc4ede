import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastNSplit, leaveOneOut } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { entriesOf, trainOf } from './test-splits.js';

describe('lastNSplit', () => {
  it('is leaveOneOut for n = 1 (property)', () => {
    const user = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(user, { minLength: 1, maxLength: 10 }), (users) => {
        const sequences = sequencesOf(20, ...users);
        expect(entriesOf(lastNSplit(sequences, { n: 1 }))).toEqual(entriesOf(leaveOneOut(sequences)));
        expect(trainOf(lastNSplit(sequences, { n: 1 }))).toEqual(trainOf(leaveOneOut(sequences)));
      }),
    );
  });

  it('holds out n and n, of users with more than 2n', () => {
    const split = lastNSplit(sequencesOf(9, [1, 2, 3, 4, 5], [6, 7, 8, 9]), { n: 2 });
    expect(trainOf(split)).toEqual([[1], [6, 7, 8, 9]]);
    expect(entriesOf(split)[1]).toEqual([
      [0, [1, 2, 3], 4],
      [0, [1, 2, 3, 4], 5],
    ]);
    expect(() => lastNSplit(sequencesOf(1, [1]), { n: 0 })).toThrow('n must be an integer >= 1, got 0');
  });
});
