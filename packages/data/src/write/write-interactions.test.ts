import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as aq from 'arquero';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fromTable, readInteractions, topItems, writeInteractions } from '../index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-write-'));
afterAll(() => rmSync(root, { recursive: true }));

type RowOf = { user: string | number; item: string | number; timestamp?: number };
const roundTrip = async (rows: RowOf[], ending: string) => {
  const path = join(root, `a.${ending}`);
  await writeInteractions(fromTable(aq.from(rows)), path);
  return (await readInteractions(path)).table.objects();
};

describe('writeInteractions', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_:é-]{1,12}$/).filter((text) => !text.includes('::'));
  const anyText = fc.string({ minLength: 1, unit: 'grapheme' });
  const time = fc.double({ noNaN: true, noDefaultInfinity: true });

  it.each([
    ['txt', word],
    ['csv', anyText],
    ['parquet', anyText],
    ['arrow', anyText],
  ] as const)('.%s comes back as it was (property)', async (ending, id) => {
    const row = fc.record({ user: id, item: id, timestamp: time });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
        const plain = rows.map(({ user, item, timestamp }) => ({ user, item, timestamp: timestamp + 0 }));
        expect(await roundTrip(plain, ending)).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['txt', 'csv', 'parquet', 'arrow'])('.%s without times, and only rows that a filter left', async (ending) => {
    const rows = [
      { user: 'a', item: 'x' },
      { user: 'b', item: 'y' },
      { user: 'c', item: 'x' },
    ];
    expect(await roundTrip(rows, ending)).toEqual(rows);
    const path = join(root, `filtered.${ending}`);
    await writeInteractions(topItems(fromTable(aq.from(rows)), { n: 1 }), path);
    expect((await readInteractions(path)).table.objects()).toEqual([rows[0], rows[2]]);
  });

  it.each(['txt', 'csv', 'parquet', 'arrow'])('.%s with ratings', async (ending) => {
    const rows = [{ user: 'a', item: 'x', rating: 4.5, timestamp: 3 }];
    const path = join(root, `rated.${ending}`);
    const columns = { user: 'user', item: 'item', timestamp: 'timestamp', rating: 'rating' };
    await writeInteractions(fromTable(aq.from(rows), { columns }), path);
    expect((await readInteractions(path, { ratings: true })).table.objects()).toEqual(rows);
    const { timestamp: _, ...untimed } = columns;
    const write = writeInteractions(
      fromTable(aq.from(rows).select('user', 'item', 'rating'), { columns: untimed }),
      path,
    );
    if (ending === 'txt') await expect(write).rejects.toThrow('text cannot hold ratings without times');
    else await expect(write).resolves.toBeUndefined();
  });

  it('numeric ids stay numbers in Parquet and Arrow, and name the same in text', async () => {
    const rows = [{ user: 1, item: 2.5, timestamp: 3 }];
    expect(await roundTrip(rows, 'parquet')).toEqual(rows);
    expect(await roundTrip(rows, 'arrow')).toEqual(rows);
    expect(await roundTrip(rows, 'csv')).toEqual([{ user: '1', item: '2.5', timestamp: 3 }]);
  });

  it('leaves no file behind when it fails, and the old one as it was', async () => {
    const path = join(root, 'kept.txt');
    await writeInteractions(fromTable(aq.from([{ user: 'a', item: 'x' }])), path);
    const before = readFileSync(path, 'utf8');
    const bad = fromTable(aq.from([{ user: 'a b', item: 'x' }]));
    await expect(writeInteractions(bad, path)).rejects.toThrow('so it cannot hold "a b"; write CSV');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(root).filter((file) => file.endsWith('.partial'))).toEqual([]);
    await expect(writeInteractions(bad, join(root, 'none', 'a.csv'))).rejects.toThrow('cannot be written: ENOENT');
    await expect(writeInteractions(bad, join(root, 'a.xlsx'))).rejects.toThrow(
      'must be one of text, csv, parquet, arrow, got undefined',
    );
  });
});
