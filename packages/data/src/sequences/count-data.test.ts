import { describe, expect, it } from 'vitest';
import { countData, leaveOneOut } from '../index.js';
import { sequencesOf } from '../test-support.js';

describe('countData', () => {
  it('counts what a part has, without the users who have nothing in it', () => {
    const sequences = sequencesOf(9, [1, 2, 3, 4], [5, 6], [7]);
    expect(countData(sequences)).toEqual({ users: 3, items: 9, interactions: 7, meanLength: 7 / 3, longLength: 2 });
    expect(countData(leaveOneOut(sequences).train)).toMatchObject({ users: 3, interactions: 5 });
    expect(countData({ ...sequences, ends: sequences.offsets.subarray(0, 3) })).toEqual({
      users: 0,
      items: 9,
      interactions: 0,
      meanLength: 0,
      longLength: 0,
    });
  });
});
