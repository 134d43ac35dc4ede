import { describe, expect, it } from 'vitest';
import { DataError, historyOf, leaveOneOut } from '../index.js';
import { sequencesOf } from '../test-support.js';

const sequences = sequencesOf(9, [3, 1, 2], [5], [9, 8, 7, 9]);

describe('historyOf', () => {
  it("returns the ids of a user's items, oldest first", () => {
    expect(historyOf(sequences, 'u0')).toEqual(['i3', 'i1', 'i2']);
    expect(historyOf(sequences, 'u1')).toEqual(['i5']);
    expect(historyOf(sequences, 'u2')).toEqual(['i9', 'i8', 'i7', 'i9']);
  });

  it('ends where a part of a split ends', () => {
    expect(historyOf(leaveOneOut(sequences).train, 'u2')).toEqual(['i9', 'i8']);
  });

  it('takes a number and its text as the same user', () => {
    const numbered = { ...sequences, users: { ids: [10, 20, 30], first: 0 as const } };
    expect(historyOf(numbered, '20')).toEqual(historyOf(numbered, 20));
  });

  it('refuses a user who is not in the sequences', () => {
    const unknown = () => historyOf(sequences, 'u3');
    expect(unknown).toThrow(DataError);
    expect(unknown).toThrow('historyOf: user "u3" is not among the 3 users of the sequences');
  });
});
