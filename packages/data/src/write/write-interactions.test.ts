import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import * as aq from 'arquero';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fromTable, readInteractions, topItems, writeInteractions } from '../index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-write-'));
afterAll(() => rmSync(root, { recursive: true }));

type RowOf = { user: string | number; item: string | number; timestamp?: number };
const roundTrip = async (rows: RowOf[], extension: string) => {
  const path = join(root, `a.${extension}`);
  await writeInteractions(fromTable(aq.from(rows)), path);
  return (await readInteractions(path)).table.objects();
};

describe('writeInteractions', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_:é-]{1,12}$/).filter((text) => !text.includes('::'));
  const anyText = fc.string({ minLength: 1, unit: 'grapheme' });
  const time = fc.double({ noNaN: true, noDefaultInfinity: true });

  it.each([
    ['txt', word, 60],
    ['csv', anyText, 60],
    ['parquet', anyText, 20],
    ['arrow', anyText, 20],
  ] as const)('.%s comes back as it was (property)', async (extension, id, numRuns) => {
    const row = fc.record({ user: id, item: id, timestamp: time });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
        const plain = rows.map(({ user, item, timestamp }) => ({ user, item, timestamp: timestamp + 0 }));
        expect(await roundTrip(plain, extension)).toEqual(plain);
      }),
      { numRuns },
    );
  });

  it.each(['txt', 'csv', 'parquet', 'arrow'])(
    '.%s without times, and only rows that a filter left',
    async (extension) => {
      const rows = [
        { user: 'a', item: 'x' },
        { user: 'b', item: 'y' },
        { user: 'c', item: 'x' },
      ];
      expect(await roundTrip(rows, extension)).toEqual(rows);
      const path = join(root, `filtered.${extension}`);
      await writeInteractions(topItems(fromTable(aq.from(rows)), { n: 1 }), path);
      expect((await readInteractions(path)).table.objects()).toEqual([rows[0], rows[2]]);
    },
  );

  it.each(['txt', 'csv', 'parquet', 'arrow'])('.%s with ratings', async (extension) => {
    const rows = [{ user: 'a', item: 'x', rating: 4.5, timestamp: 3 }];
    const path = join(root, `rated.${extension}`);
    const columns = { user: 'user', item: 'item', timestamp: 'timestamp', rating: 'rating' };
    await writeInteractions(fromTable(aq.from(rows), { columns }), path);
    expect((await readInteractions(path, { ratings: true })).table.objects()).toEqual(rows);
    const { timestamp: _, ...untimed } = columns;
    const write = writeInteractions(
      fromTable(aq.from(rows).select('user', 'item', 'rating'), { columns: untimed }),
      path,
    );
    if (extension === 'txt') await expect(write).rejects.toThrow('the text format cannot hold ratings without times');
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
    expect(readdirSync(root).filter((file) => file.includes('.partial'))).toEqual([]);
    await expect(writeInteractions(bad, join(root, 'none', 'a.csv'))).rejects.toThrow('cannot be written: ENOENT');
    await expect(writeInteractions(bad, join(root, 'a.xlsx'))).rejects.toThrow(
      'a.xlsx" does not tell the format; format must be one of text, csv, parquet, arrow',
    );
    for (const format of ['constructor', '__proto__', 'toString'] as never[])
      await expect(writeInteractions(bad, path, { format })).rejects.toThrow(`parquet, arrow, got ${format}`);
  });

  describe('what is at the path', () => {
    const one = fromTable(aq.from([{ user: 'a', item: 'x' }]));
    const csv = 'user,item\na,x\n';

    it('is followed where it is a symbolic link, to a file that exists or does not yet', async () => {
      const folder = mkdtempSync(join(root, 'links-'));
      const [file, missing] = [join(folder, 'file.csv'), join(folder, 'missing.csv')];
      writeFileSync(file, 'old');
      for (const target of [file, missing]) {
        const link = `${target}.link.csv`;
        symlinkSync(basename(target), link);
        await writeInteractions(one, link);
        expect(lstatSync(link).isSymbolicLink()).toBe(true);
        expect(readFileSync(target, 'utf8')).toBe(csv);
      }
      expect(readdirSync(folder)).toHaveLength(4);
      symlinkSync('loop.csv', join(folder, 'loop.csv'));
      await expect(writeInteractions(one, join(folder, 'loop.csv'))).rejects.toThrow('cannot be written: ELOOP');
    });

    it.skipIf(process.platform === 'win32').each(['csv', 'txt', 'parquet', 'arrow'] as const)(
      'is written into where it is a FIFO: .%s',
      async (extension) => {
        const fifo = join(mkdtempSync(join(root, 'fifo-')), `f.${extension}`);
        execFileSync('mkfifo', [fifo]);
        const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
        try {
          const [pieces] = await Promise.all([reader.stdout.toArray(), writeInteractions(one, fifo)]);
          expect((await readInteractions(Readable.from(pieces))).table.objects()).toEqual([{ user: 'a', item: 'x' }]);
          expect(lstatSync(fifo).isFIFO()).toBe(true);
        } finally {
          reader.kill();
        }
      },
    );

    it.skipIf(!existsSync('/dev/full'))('is written into where it is a device, which may be full', async () => {
      // Links, so that a writer that replaces what it finds replaces no device.
      const folder = mkdtempSync(join(root, 'devices-'));
      for (const device of ['null', 'full']) symlinkSync(`/dev/${device}`, join(folder, device));
      await writeInteractions(one, join(folder, 'null'), { format: 'csv' });
      await expect(writeInteractions(one, join(folder, 'full'), { format: 'csv' })).rejects.toThrow('ENOSPC');
      expect(readdirSync(folder).filter((name) => !lstatSync(join(folder, name)).isSymbolicLink())).toEqual([]);
    });

    it('is one or the other where two write at once', async () => {
      const path = join(mkdtempSync(join(root, 'two-')), 'out.csv');
      const of = (user: string, size: number) =>
        fromTable(aq.table({ user: Array(size).fill(user), item: Array.from({ length: size }, (_, i) => `i${i}`) }));
      await Promise.all([writeInteractions(of('a', 50_000), path), writeInteractions(of('b', 30_000), path)]);
      const { table } = await readInteractions(path);
      const users = new Set(table.array('user') as string[]);
      expect(users.size).toBe(1);
      expect(table.numRows()).toBe(users.has('a') ? 50_000 : 30_000);
      expect(readdirSync(dirname(path))).toEqual(['out.csv']);
    });
  });
});
