import { describe, expect, it } from 'vitest';
import { findLeakage, ratioSplit } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { entriesOf, noLeakage, trainOf } from './test-splits.js';

describe('ratioSplit', () => {
  it('takes the newest shares of each user, every item a target with all before it as history', () => {
    const split = ratioSplit(sequencesOf(20, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [11, 12]), {
      validation: 0.1,
      test: 0.2,
    });
    expect(trainOf(split)).toEqual([
      [1, 2, 3, 4, 5, 6, 7],
      [11, 12],
    ]);
    expect(entriesOf(split)).toEqual([
      [[0, [1, 2, 3, 4, 5, 6, 7], 8]],
      [
        [0, [1, 2, 3, 4, 5, 6, 7, 8], 9],
        [0, [1, 2, 3, 4, 5, 6, 7, 8, 9], 10],
      ],
    ]);
    expect(findLeakage(split)).toEqual(noLeakage);
  });

  it('refuses shares that leave nothing to train on', () => {
    expect(() => ratioSplit(sequencesOf(2, [1]), { validation: 0.5, test: 0.5 })).toThrow('got 0.5 and 0.5');
    expect(() => ratioSplit(sequencesOf(2, [1]), { test: Number.NaN })).toThrow('got 0.1 and NaN');
  });
});
