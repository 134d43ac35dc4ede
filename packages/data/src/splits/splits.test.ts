import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evaluationHistories,
  findLeakage,
  lastNSplit,
  leaveOneOut,
  ratioSplit,
  type Split,
  temporalSplit,
  timeAtShare,
  type UserSequences,
} from '../index.js';
import { sequencesOf } from '../test-support.js';

const none = { targetsInTraining: 0, targetsInHistory: 0, historiesAfterTarget: 0, trainingAfterFirstTarget: 0 };

/** Sequences with a time for each item, in time order within a user. */
const timed = (...users: [item: number, time: number][][]): UserSequences => ({
  ...sequencesOf(50, ...users.map((user) => user.map(([item]) => item))),
  timestamps: Float64Array.from(users.flat(), ([, time]) => time),
});

const entriesOf = ({ validation, test }: Split) =>
  [validation, test].map((set) =>
    evaluationHistories(set, 0, set.users.length).map((history, entry) => [
      set.users[entry],
      [...history],
      set.targets[entry],
    ]),
  );
const trainOf = ({ train }: Split) =>
  [...train.ends].map((end, user) => [...train.items.subarray(train.offsets[user], end)]);

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
    expect(findLeakage(split)).toEqual(none);
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
        expect(findLeakage(made)).toEqual(none);
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
      'temporalSplit: needs timestamps, and the sequences have none',
    );
    expect(() => temporalSplit(sequences, { validationFrom: 3, testFrom: 2 })).toThrow(
      'validationFrom must be a time up to testFrom, got 3 and 2',
    );
  });

  it('timeAtShare is the time before which a share lies', () => {
    expect(timeAtShare(sequences, 0)).toBe(5);
    expect(timeAtShare(sequences, 0.5)).toBe(40);
    expect(timeAtShare(sequences, 1)).toBe(60);
    expect(() => timeAtShare(sequences, 1.5)).toThrow('share must be in 0..1, got 1.5');
  });
});

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
    expect(findLeakage(split)).toEqual(none);
  });

  it('refuses shares that leave nothing to train on', () => {
    expect(() => ratioSplit(sequencesOf(2, [1]), { validation: 0.5, test: 0.5 })).toThrow('got 0.5 and 0.5');
    expect(() => ratioSplit(sequencesOf(2, [1]), { test: Number.NaN })).toThrow('got 0.1 and NaN');
  });
});

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
      trainingAfterFirstTarget: 2,
    });
    const late = { ...split.test, historyEnds: Uint32Array.of(4) };
    expect(findLeakage({ ...split, test: late })).toMatchObject({ targetsInHistory: 1 });
    const unordered = { ...sequences, timestamps: Float64Array.of(10, 90, 30, 40) };
    expect(findLeakage(leaveOneOut(unordered))).toMatchObject({ historiesAfterTarget: 2 });
  });
});
