import { describe, expect, it } from 'vitest';
import { findLeakage, leaveOneOut, ratioSplit, temporalSplit, withValidation } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { entriesOf, noLeakage, timed, trainOf } from './test-splits.js';

describe('withValidation', () => {
  it('trains up to the test targets, and tests the same', () => {
    const split = leaveOneOut(sequencesOf(9, [1, 2, 3, 4], [5, 6], [7, 8, 9]));
    const whole = withValidation(split);
    expect(trainOf(whole)).toEqual([
      [1, 2, 3],
      [5, 6],
      [7, 8],
    ]);
    expect(entriesOf(whole)).toEqual([[], entriesOf(split)[1]]);
    expect(whole.test.trainEnds).toEqual(whole.test.historyEnds);
    expect(findLeakage(whole)).toEqual(noLeakage);
    expect(trainOf(split)[0]).toEqual([1, 2]); // as it was
  });

  it('takes in all validation targets of a user, and users who were kept for validation', () => {
    const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(trainOf(withValidation(ratioSplit(sequencesOf(10, ten), { validation: 0.3, test: 0.2 })))).toEqual([
      ten.slice(0, 8),
    ]);
    const users = [
      [1, 2, 3],
      [4, 5, 6],
    ].map((items) => items.map((item, i) => [item, i] as [number, number]));
    const split = temporalSplit(timed(...users), { time: 1, validation: { by: 'user', users: 1 } });
    expect(trainOf(split).filter((items) => items.length === 0)).toHaveLength(1);
    expect(trainOf(withValidation(split))).toEqual([
      [1, 2],
      [4, 5],
    ]);
  });
});
