import { describe, expect, it } from 'vitest';
import { findLeakage, leaveOneOut } from '../index.js';
import { timed } from './test-splits.js';

describe('findLeakage', () => {
  it('counts each kind', () => {
    const sequences = timed([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]);
    const split = leaveOneOut(sequences);
    expect(findLeakage({ ...split, train: sequences })).toMatchObject({
      targetsInTraining: 2,
      trainingAfterFirstTarget: 1,
    });
    const late = { ...split.test, historyEnds: Uint32Array.of(4) };
    expect(findLeakage({ ...split, test: late })).toMatchObject({ targetsInHistory: 1 });
    const unordered = { ...sequences, timestamps: Float64Array.of(10, 90, 30, 40) };
    expect(findLeakage(leaveOneOut(unordered))).toMatchObject({ historiesAfterTarget: 2 });
  });
});
