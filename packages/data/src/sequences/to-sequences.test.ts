import * as aq from 'arquero';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromTable, toSequences } from '../index.js';

type Row = [user: string, item: string, timestamp?: number];

const sequencesOf = (rows: readonly Row[]) =>
  toSequences(
    fromTable(
      aq.from(rows.map(([user, item, timestamp]) => ({ user, item, ...(timestamp !== undefined && { timestamp }) }))),
    ),
  );

describe('toSequences', () => {
  it('orders a user by time, ties by row, and numbers by earliest time, ties by id', () => {
    const { offsets, items, timestamps, users, catalog } = sequencesOf([
      ['b', 'y', 5],
      ['a', 'x', 9],
      ['b', 'x', 2],
      ['b', 'z', 5],
      ['a', 'y', 1],
      ['a', 'w', 5],
    ]);
    expect(users).toEqual({ ids: ['a', 'b'], first: 0 });
    expect(catalog).toEqual({ ids: ['y', 'x', 'w', 'z'], first: 1, counts: [2, 2, 1, 1] });
    expect([...offsets]).toEqual([0, 3, 6]);
    expect([...items]).toEqual([1, 3, 2, 2, 1, 4]);
    expect([...timestamps!]).toEqual([1, 5, 9, 2, 5, 5]);
  });

  it('keeps the order of rows without times, and numbers by first appearance', () => {
    const { items, users, catalog } = sequencesOf([
      ['b', 'y'],
      ['b', 'x'],
      ['a', 'y'],
    ]);
    expect([users.ids, catalog.ids, [...items]]).toEqual([
      ['b', 'a'],
      ['y', 'x'],
      [1, 2, 1],
    ]);
  });

  it('is the same for rows in any order, if no user has two at the same time', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', 'z'), fc.nat(20)), {
      minLength: 1,
      selector: ([user, , time]) => `${user} ${time}`,
    });
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat()), (sorted, keys) => {
        const shuffled = sorted.map((row) => ({ row, key: keys.next().value! })).sort((a, b) => a.key - b.key);
        expect(sequencesOf(shuffled.map(({ row }) => row))).toEqual(sequencesOf(sorted));
      }),
    );
  });

  it('goes through postMessage as it is', () => {
    const sequences = sequencesOf([
      ['a', 'x'],
      ['a', 'y'],
    ]);
    expect(structuredClone(sequences)).toEqual(sequences);
  });
});
