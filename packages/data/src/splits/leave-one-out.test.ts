import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluationHistories, leaveOneOut } from '../index.js';
import { sequencesOf } from '../test-support.js';

const sequences = sequencesOf(30, [1, 2, 3, 4, 5], [6], [7, 8], [9, 10, 11], [1, 3, 5, 7, 9, 11, 13]);

describe('leaveOneOut', () => {
  const split = leaveOneOut(sequences);

  it('holds out the newest two of users with three or more', () => {
    expect([...split.test.users]).toEqual([0, 3, 4]);
    expect([...split.test.targets]).toEqual([5, 11, 13]);
    expect([...split.validation.targets]).toEqual([4, 10, 11]);
    expect(
      [0, 1, 2, 3, 4].map((u) => [...sequences.items.subarray(split.train.offsets[u], split.train.ends[u])]),
    ).toEqual([[1, 2, 3], [6], [7, 8], [9], [1, 3, 5, 7, 9]]);
  });

  it('gives a test target the validation item as its newest history', () => {
    expect(evaluationHistories(split.validation, 0, 2).map((h) => [...h])).toEqual([[1, 2, 3], [9]]);
    expect(evaluationHistories(split.test, 1, 3).map((h) => [...h])).toEqual([
      [9, 10],
      [1, 3, 5, 7, 9, 11],
    ]);
  });

  it('shares the arrays', () => {
    expect(split.train.items).toBe(sequences.items);
    expect(split.test.sequences.items.buffer).toBe(sequences.items.buffer);
  });

  it('never has a target in training or in its own history before it (property)', () => {
    const user = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(user, { minLength: 1, maxLength: 20 }), (users) => {
        const { train, validation, test } = leaveOneOut(sequencesOf(50, ...users));
        const evaluated = users.filter(({ length }) => length >= 3);
        expect(test.users.length).toBe(evaluated.length);
        expect([...train.ends].reduce((sum, end, u) => sum + end - train.offsets[u], 0)).toBe(
          users.flat().length - 2 * evaluated.length,
        );
        test.users.forEach((u, entry) => {
          expect(validation.historyEnds[entry]).toBe(train.ends[u]);
          expect(test.historyEnds[entry]).toBe(train.ends[u] + 1);
          expect(test.targets[entry]).toBe(users[u].at(-1));
        });
      }),
    );
  });
});
