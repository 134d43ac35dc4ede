import * as aq from 'arquero';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deduplicate, fromTable, kCore, summarize, toSequences } from '../index.js';

const tableOf = (...rows: [user: string | number, item: string | number, timestamp?: number][]) =>
  aq.from(rows.map(([user, item, timestamp]) => ({ user, item, ...(timestamp !== undefined && { timestamp }) })));
const pairsOf = (interactions: ReturnType<typeof fromTable>) =>
  interactions.table.objects().map((row) =>
    Object.values(row as object)
      .slice(0, 2)
      .join(''),
  );

describe('fromTable', () => {
  it('wraps columns of any name and keeps the others', () => {
    const table = aq.table({ who: ['a', 2], what: [7, 'x'], when: [new Date(5), new Date(6)], rating: [1, 2] });
    const { table: own } = fromTable(table, { columns: { user: 'who', item: 'what', timestamp: 'when' } });
    expect(own.select('user', 'item', 'timestamp', 'rating').objects()).toEqual([
      { user: 'a', item: 7, timestamp: 5, rating: 1 },
      { user: 2, item: 'x', timestamp: 6, rating: 2 },
    ]);
  });

  it('has the rating of a named column, and checks it', () => {
    const table = aq.table({ user: ['a'], item: ['x'], stars: [4], note: ['good'] });
    const columns = { user: 'user', item: 'item', rating: 'stars' };
    expect(fromTable(table, { columns }).table.get('rating', 0)).toBe(4);
    expect(() => fromTable(table, { columns: { ...columns, rating: 'note' } })).toThrow(
      'column "note": "good" in row 0 is not a finite number',
    );
  });

  it('takes the result of any arquero verb', () => {
    const first = fromTable(aq.table({ user: ['a', 'a', 'b'], item: ['x', 'y', 'x'], rating: [5, 1, 4] }));
    const liked = fromTable(first.table.filter((row: { rating: number }) => row.rating >= 4));
    expect(liked.size).toBe(2);
    const sequences = toSequences(liked);
    expect([sequences.users.ids, sequences.catalog.ids]).toEqual([['a', 'b'], ['x']]);
  });

  it.each([
    [aq.table({ user: ['a'] }), 'fromTable: the table has no column "item"; it has user'],
    [aq.table({ user: ['a'], item: [null] }), 'column "item" must hold strings or finite numbers, got null in row 0'],
    [
      aq.table({ user: [Number.NaN], item: ['x'] }),
      'column "user" must hold strings or finite numbers, got NaN in row 0',
    ],
    [aq.table({ user: ['a'], item: ['x'], timestamp: ['now'] }), 'column "timestamp": "now" in row 0 is not a time'],
    [
      aq.table({ user: ['a', 'b'], item: ['x', 'y'], timestamp: Float64Array.of(1, Number.NaN) }),
      'column "timestamp": NaN in row 1 is not a time',
    ],
  ])('refuses a table it cannot use (%#)', (table, message) => {
    expect(() => fromTable(table)).toThrow(message);
  });
});

describe('kCore', () => {
  // c has one interaction; without it z has one; without z, b has one
  const interactions = fromTable(
    tableOf(['a', 'x'], ['a', 'y'], ['b', 'x'], ['b', 'z'], ['c', 'z'], ['d', 'x'], ['d', 'y']),
  );

  it('drops what has too few until nothing changes', () => {
    expect(pairsOf(kCore(interactions, { minInteractions: 2 }))).toEqual(['ax', 'ay', 'dx', 'dy']);
  });

  it('drops once by the first counts, as the paper did', () => {
    expect(pairsOf(kCore(interactions, { minInteractions: 2, passes: 'single' }))).toEqual([
      'ax',
      'ay',
      'bx',
      'bz',
      'dx',
      'dy',
    ]);
  });

  it('leaves a core in which every user and item has enough, and which is the largest (property)', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(pair, { minLength: 1, maxLength: 60, selector: String }),
        fc.integer({ min: 1, max: 4 }),
        (pairs, k) => {
          let kept = pairs;
          for (;;) {
            const next = kept.filter(
              ([u, i]) => kept.filter(([v]) => v === u).length >= k && kept.filter(([, j]) => j === i).length >= k,
            );
            if (next.length === kept.length) break;
            kept = next;
          }
          const run = () =>
            kCore(fromTable(tableOf(...pairs), { columns: { timestamp: false } }), { minInteractions: k });
          if (kept.length === 0) expect(run).toThrow(/none of \d+ interactions is left/);
          else expect(pairsOf(run())).toEqual(kept.map(([u, i]) => `${u}${i}`));
        },
      ),
    );
  });

  it('refuses a minimum that is none', () => {
    expect(() => kCore(interactions, { minInteractions: 0 })).toThrow(
      'kCore: minInteractions must be an integer >= 1, got 0',
    );
    expect(() => kCore(interactions, { minInteractions: 2, passes: 'two' as 'single' })).toThrow(
      'passes must be until-stable or single, got two',
    );
  });
});

describe('deduplicate', () => {
  it('keeps the earliest or the latest of each pair by time', () => {
    const twice = fromTable(tableOf(['a', 'x', 5], ['a', 'x', 3], ['b', 'x', 1], ['a', 'x', 9]));
    const times = (keep: 'first' | 'last') => deduplicate(twice, { keep }).table.array('timestamp');
    expect([...times('first')]).toEqual([3, 1]);
    expect([...times('last')]).toEqual([1, 9]);
  });

  it('goes by the order of rows where there is no time', () => {
    const twice = fromTable(aq.table({ user: ['a', 'a'], item: ['x', 'x'], note: ['one', 'two'] }));
    expect([...deduplicate(twice).table.array('note')]).toEqual(['one']);
    expect([...deduplicate(twice, { keep: 'last' }).table.array('note')]).toEqual(['two']);
  });
});

describe('summarize', () => {
  it('counts users, items and interactions, by hand', () => {
    const summary = summarize(fromTable(tableOf(['a', 'x', 4], ['a', 'y', 2], ['a', 'z', 9], ['b', 'x', 7])));
    expect(summary).toMatchObject({
      users: 2,
      items: 3,
      interactions: 4,
      density: 4 / 6,
      timeSpan: { first: 2, last: 9 },
    });
    expect(summary.sequenceLength).toMatchObject({ min: 1, median: 2, max: 3, mean: 2, p25: 1.5, p75: 2.5 });
  });

  it('has no time span without times', () => {
    expect(summarize(fromTable(tableOf(['a', 'x'])))).not.toHaveProperty('timeSpan');
  });
});
