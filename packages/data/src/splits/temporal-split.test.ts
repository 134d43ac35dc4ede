import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findLeakage,
  leaveOneOut,
  readInteractions,
  type Split,
  type TemporalSplitOptions,
  temporalSplit,
  timeAtShare,
  toSequences,
} from '../index.js';
import { sequencesOf } from '../test-support.js';
import { entriesOf, noLeakage, timed, trainOf } from './test-splits.js';

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
    [7, 30],
    [8, 31],
  ],
  [
    [8, 35],
    [9, 41],
  ],
  [[1, 60]],
  [
    [2, 11],
    [3, 12],
  ],
);

const testOf = (split: Split) => entriesOf(split)[1];
const validationOf = (split: Split) => entriesOf(split)[0];

describe('temporalSplit', () => {
  it('trains on what is up to the time, by users with two such interactions', () => {
    const split = temporalSplit(sequences, { time: 30, validation: { by: 'last-item' } });
    expect(trainOf(split)).toEqual([[1, 2], [], [], [], []]); // a training part of one is of no use
    expect(validationOf(split)).toEqual([
      [0, [1, 2], 3],
      [1, [6], 7],
      [4, [2], 3],
    ]);
    expect(split.train.items).toBe(sequences.items);
  });

  it.each([
    ['last', [5, 8, 9]],
    ['first', [4, 8, 9]],
    ['each', [4, 5, 8, 9]],
  ] as const)('has the %s interaction after the time as target, and all before it as history', (target, targets) => {
    const entries = testOf(temporalSplit(sequences, { time: 30, target }));
    expect(entries.map(([, , own]) => own)).toEqual(targets);
    for (const [user, history] of entries as [number, number[], number][])
      expect(history).toEqual([...sequences.items.subarray(sequences.offsets[user])].slice(0, history.length));
    expect(entries.find(([user]) => user === 2)?.[1]).toEqual([8]); // met after the time, and in the history
  });

  it('draws the random target from a seed, among those after the time', () => {
    const drawn = Array.from({ length: 20 }, (_, seed) =>
      testOf(temporalSplit(sequences, { time: 25, target: 'random', seed })),
    );
    expect(new Set(drawn.map(([first]) => first[2]))).toEqual(new Set([3, 4, 5]));
    expect(drawn[3]).toEqual(testOf(temporalSplit(sequences, { time: 25, target: 'random', seed: 3 })));
  });

  it('leaves out users who are not trained on, if asked', () => {
    expect(testOf(temporalSplit(sequences, { time: 40 })).map(([user]) => user)).toEqual([0, 2]);
    expect(testOf(temporalSplit(sequences, { time: 40, newUsers: false })).map(([user]) => user)).toEqual([0]);
  });

  it('validates by users who are not trained on', () => {
    const split = temporalSplit(sequences, { time: 30, validation: { by: 'user', users: 2 }, seed: 1 });
    const kept = validationOf(split).map(([user]) => user as number);
    expect(kept).toHaveLength(2);
    trainOf(split).forEach((items, user) => {
      if (kept.includes(user)) expect(items).toEqual([]);
    });
    expect(trainOf(split).filter((items) => items.length > 0)).toHaveLength(1);
    const byDefault = temporalSplit(sequences, { time: 30 });
    expect(validationOf(byDefault)).toHaveLength(1); // a tenth of three users, rounded up
  });

  it('validates by an earlier time', () => {
    const split = temporalSplit(sequences, { time: 40, validation: { by: 'time', time: 20 } });
    expect(trainOf(split)).toEqual([[1, 2], [], [], [], [2, 3]]);
    expect(validationOf(split)).toEqual([
      [0, [1, 2, 3], 4],
      [1, [6, 7], 8],
    ]);
  });

  it('has the counts of "Time to Split" on Amazon Beauty', async () => {
    const path = fileURLToPath(
      new URL('../../../../../shared/data/amazon-beauty-5core-timestamps.txt', import.meta.url),
    );
    const beauty = toSequences(await readInteractions(path));
    const time = timeAtShare(beauty, 0.9);
    expect(time).toBe(1399939200);
    const split = temporalSplit(beauty, { time, validation: { by: 'last-item' } });
    const { offsets } = beauty;
    // With the targets of the validation, the training part is whole again.
    expect(split.validation.users).toHaveLength(21_460);
    expect(
      split.validation.users.reduce((sum, user, i) => sum + split.validation.historyEnds[i] + 1 - offsets[user], 0),
    ).toBe(178_364);
    expect(split.test.users).toHaveLength(6110);
    const known = temporalSplit(beauty, { time, newUsers: false });
    expect(split.test.users.length - known.test.users.length).toBe(903);
    const trained = new Set<number>();
    split.validation.users.forEach((user, i) => {
      for (const item of beauty.items.subarray(offsets[user], split.validation.historyEnds[i] + 1)) trained.add(item);
    });
    expect(trained.size).toBe(11_960);
    expect(split.test.targets.filter((item) => !trained.has(item))).toHaveLength(972);
    expect(temporalSplit(beauty, { time, target: 'each' }).test.targets).toHaveLength(19_828 - 593);
    // 593 users are new after the time: their first interaction has nothing before it.
    const byTime = temporalSplit(beauty, { time, validation: { by: 'time' } });
    expect(byTime.validation.users).toHaveLength(6263);
    expect(byTime.train.ends.filter((end, user) => end > offsets[user])).toHaveLength(20_341);
  });

  it('never trains on what is after the time, nor has a history that ends after its target (property)', () => {
    const user = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(100)), { minLength: 1, maxLength: 12 });
    const validation = fc.constantFrom<TemporalSplitOptions['validation']>(
      { by: 'user' },
      { by: 'time' },
      { by: 'last-item' },
    );
    const target = fc.constantFrom('last', 'first', 'random', 'each');
    fc.assert(
      fc.property(
        fc.array(user, { minLength: 1, maxLength: 15 }),
        fc.nat(100),
        validation,
        target,
        (users, time, by, kind) => {
          const ordered = users.map((own) => [...own].sort(([, x], [, y]) => x - y));
          const given = timed(...(ordered as [number, number][][]));
          const split = temporalSplit(given, { time, validation: by, target: kind });
          expect(findLeakage(split)).toEqual(noLeakage);
          split.test.users.forEach((row, entry) => {
            const end = split.test.historyEnds[entry];
            expect(end).toBeGreaterThan(given.offsets[row]);
            expect(given.timestamps![end]).toBeGreaterThan(time);
          });
          split.train.ends.forEach((end, row) => {
            expect(end - given.offsets[row]).not.toBe(1);
            if (end > given.offsets[row]) expect(given.timestamps![end - 1]).toBeLessThanOrEqual(time);
          });
        },
      ),
    );
  });

  it('leaks nothing, where leaveOneOut trains on what came after its first target', () => {
    expect(findLeakage(temporalSplit(sequences, { time: 30 }))).toEqual(noLeakage);
    expect(findLeakage(leaveOneOut(sequences))).toMatchObject({ targetsInTraining: 0, trainingAfterFirstTarget: 3 });
  });

  it.each([
    [{ time: Number.NaN }, 'time must be a finite number, got NaN'],
    [{ time: 1, target: 'newest' }, 'target must be one of last, first, random, each, got newest'],
    [{ time: 1, validation: { by: 'item' } }, 'validation.by must be one of user, time, last-item, got item'],
    [{ time: 1, validation: { by: 'time', users: 3 } }, "unknown option validation.users with by: 'time'"],
    [{ time: 1, validation: { by: 'user', users: 0 } }, 'validation.users must be an integer >= 1, got 0'],
    [{ time: 1, validation: { by: 'time', time: 2 } }, 'validation.time must be at most time (1), got 2'],
  ])('refuses %o', (options, message) => {
    expect(() => temporalSplit(sequences, options as TemporalSplitOptions)).toThrow(message);
  });

  it('refuses sequences without times', () => {
    expect(() => temporalSplit(sequencesOf(3, [1, 2]), { time: 1 })).toThrow(
      'temporalSplit: needs timestamps, but the sequences have none',
    );
  });

  it('timeAtShare is the time up to which a share lies', () => {
    expect(timeAtShare(sequences, 0)).toBe(5);
    expect(timeAtShare(sequences, 0.5)).toBe(30);
    expect(timeAtShare(sequences, 1)).toBe(60);
    expect(
      timeAtShare(
        timed([
          [1, 10],
          [2, 20],
        ]),
        0.25,
      ),
    ).toBe(12.5);
    expect(() => timeAtShare(sequences, 1.5)).toThrow('share must be in [0, 1], got 1.5');
  });
});
