import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLeakage, leaveOneOut, temporalSplit, timeAtShare } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { entriesOf, noLeakage, timed, trainOf } from './test-splits.js';

describe('temporalSplit', () => {
  const sequences = timed(
    [
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
      [5, 50],
    ],
    [
      [6, 5],
      [7, 45],
    ],
    [
      [8, 35],
      [9, 41],
    ],
    [[1, 60]],
  );
  const split = temporalSplit(sequences, { validationFrom: 30, testFrom: 40 });

  it('trains on what is before, and tests the first item from the time on, with all before it as history', () => {
    expect(trainOf(split)).toEqual([[1, 2], [6], [], []]);
    expect(entriesOf(split)).toEqual([
      [[0, [1, 2], 3]],
      [
        [0, [1, 2, 3], 4],
        [1, [6], 7],
        [2, [8], 9],
      ],
    ]);
    expect(split.train.items).toBe(sequences.items);
  });

  it('leaks nothing, where leaveOneOut trains on what came after its first target', () => {
    expect(findLeakage(split)).toEqual(noLeakage);
    expect(findLeakage(leaveOneOut(sequences))).toMatchObject({ targetsInTraining: 0, trainingAfterFirstTarget: 3 });
  });

  it('never has a history item from its time on, nor a target before it (property)', () => {
    const user = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(100)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(user, { minLength: 1, maxLength: 15 }), fc.nat(100), fc.nat(100), (users, a, b) => {
        const ordered = users.map((own) => [...own].sort(([, x], [, y]) => x - y));
        const given = timed(...(ordered as [number, number][][]));
        const [validationFrom, testFrom] = [Math.min(a, b), Math.max(a, b)];
        const made = temporalSplit(given, { validationFrom, testFrom });
        expect(findLeakage(made)).toEqual(noLeakage);
        for (const [set, from] of [
          [made.validation, validationFrom],
          [made.test, testFrom],
        ] as const) {
          set.users.forEach((row, entry) => {
            const end = set.historyEnds[entry];
            expect(end).toBeGreaterThan(given.offsets[row]);
            expect(given.timestamps![end]).toBeGreaterThanOrEqual(from);
            expect(given.timestamps![end - 1]).toBeLessThan(from);
          });
        }
      }),
    );
  });

  it('refuses sequences without times, and times out of order', () => {
    expect(() => temporalSplit(sequencesOf(3, [1, 2]), { validationFrom: 1, testFrom: 2 })).toThrow(
      'temporalSplit: needs timestamps, but the sequences have none',
    );
    expect(() => temporalSplit(sequences, { validationFrom: 3, testFrom: 2 })).toThrow(
      'validationFrom must be at most testFrom, got 3 and 2',
    );
  });

  it('timeAtShare is the time before which a share lies', () => {
    expect(timeAtShare(sequences, 0)).toBe(5);
    expect(timeAtShare(sequences, 0.5)).toBe(40);
    expect(timeAtShare(sequences, 1)).toBe(60);
    expect(() => timeAtShare(sequences, 1.5)).toThrow('share must be in [0, 1], got 1.5');
  });
});
