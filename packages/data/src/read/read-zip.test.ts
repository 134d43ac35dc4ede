import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError, readInteractions, toSequences } from '../index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-zip-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes a zip archive, with bytes changed where a test wants it broken. */
const zipOf = (entries: Record<string, string | Uint8Array>, change: (bytes: Buffer) => unknown = () => undefined) => {
  const content = Object.entries(entries).map(([name, data]) => [
    name,
    typeof data === 'string' ? strToU8(data) : data,
  ]);
  const bytes = Buffer.from(zipSync(Object.fromEntries(content)));
  const path = join(mkdtempSync(join(root, 'a-')), 'a.zip');
  const changed = change(bytes);
  writeFileSync(path, changed instanceof Buffer ? changed : bytes);
  return path;
};
const central = (bytes: Buffer) => bytes.indexOf('PK\x01\x02', 0, 'latin1');

const csv = 'user,item\na,x\nb,y\n';
const rows = [
  { user: 'a', item: 'x' },
  { user: 'b', item: 'y' },
];

describe('readInteractions of a zip archive', () => {
  it('reads the only data file, whatever lies beside it', async () => {
    const path = zipOf({
      'ml/README.txt': 'hello',
      'ml/ratings.csv': csv,
      '__MACOSX/._ratings.csv': 'x',
      '.DS_Store': 'x',
    });
    expect((await readInteractions(path)).table.objects()).toEqual(rows);
  });

  it('reads the entry that is named, of any format, from a path, a stream and a URL', async () => {
    const columnData = [
      { name: 'user', data: ['a', 'b'] },
      { name: 'item', data: ['x', 'y'] },
    ];
    const path = zipOf({
      'ml/ratings.csv': csv,
      'ml/ratings.txt.gz': gzipSync('a x\nb y\n'),
      'ml/ratings.parquet': new Uint8Array(parquetWriteBuffer({ columnData })),
      'ml/movies.csv': 'movieId,title\n1,x\n',
    });
    for (const entry of ['ml/ratings.csv', 'ml/ratings.txt.gz', 'ml/ratings.parquet'])
      expect((await readInteractions(path, { entry })).table.objects()).toEqual(rows);
    const entry = 'ml/ratings.csv';
    const bytes = readFileSync(path);
    const pieces = Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1));
    expect((await readInteractions(Readable.from(pieces), { entry })).table.objects()).toEqual(rows);
    writeFileSync(join(root, 'twice.zip.gz'), gzipSync(bytes));
    expect((await readInteractions(join(root, 'twice.zip.gz'), { entry })).table.objects()).toEqual(rows);
    const server = createServer((_, response) => response.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.zip`;
      expect((await readInteractions(url, { entry })).table.objects()).toEqual(rows);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('lists what there is when it has to be told, or has been told something else', async () => {
    const path = zipOf({ 'ml/ratings.csv': csv, 'ml/movies.csv': csv });
    const holds = 'it holds "ml/ratings.csv", "ml/movies.csv"';
    await expect(readInteractions(path)).rejects.toThrow(
      `a.zip: is a zip archive of several files; ${holds}. Set entry to name the file to read.`,
    );
    await expect(readInteractions(path, { entry: 'ratings.csv' })).rejects.toThrow(
      `has no entry "ratings.csv"; ${holds}`,
    );
    await expect(readInteractions(zipOf({}))).rejects.toThrow('it holds no files');
    const many = Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`${i}.csv`, csv]));
    await expect(readInteractions(zipOf(many))).rejects.toThrow('"19.csv" and 3 more');
    writeFileSync(join(root, 'plain.csv'), csv);
    await expect(readInteractions(join(root, 'plain.csv'), { entry: 'x' })).rejects.toThrow(
      'plain.csv: is not a zip archive, so it has no entry "x"',
    );
  });

  it('names archive, entry and line of a bad line', async () => {
    const path = zipOf({ 'ml/ratings.csv': 'user,item\na,x\nb\n' });
    await expect(readInteractions(path)).rejects.toThrow('a.zip/ml/ratings.csv:3: has 1 fields, expected at least 2');
    expect(await readInteractions(path, { onError: 'skip' })).toMatchObject({ size: 1, skipped: 1 });
  });

  it.each([['../a.csv'], ['ml/../../a.csv'], ['/etc/a.csv'], ['C:/a.csv'], ['ml\\a.csv'], ['..\\a.csv']])(
    'refuses an archive with an entry %s, which may point outside of its folder',
    async (entry) => {
      const path = zipOf({ [entry]: csv });
      await expect(readInteractions(path)).rejects.toThrow(DataError);
      await expect(readInteractions(path)).rejects.toThrow(/a\.zip: is a damaged, cut-off or unsafe zip archive/);
      await expect(readInteractions(path, { entry })).rejects.toThrow(entry);
    },
  );

  it('refuses a bomb while it unpacks, by size and by ratio, also one that lies about its size', async () => {
    const lines = 'a x\n'.repeat(1000);
    const path = zipOf({ 'a.txt': lines });
    expect((await readInteractions(path, { unpackLimit: 4000 })).size).toBe(1000);
    await expect(readInteractions(path, { unpackLimit: 3999 })).rejects.toThrow(
      /a\.zip\/a\.txt: unpacks to more than 3999 bytes from \d+; unpackLimit is 3999/,
    );
    const bomb = zipOf({ 'a.txt': Buffer.alloc(2 ** 25, '1 2\n') });
    await expect(readInteractions(bomb)).rejects.toThrow('a.zip/a.txt: unpacks to more than 16777216 bytes from ');
    const liar = zipOf({ 'a.txt': lines }, (bytes) => bytes.writeUInt32LE(100, central(bytes) + 24));
    await expect(readInteractions(liar)).rejects.toThrow(/a\.zip\/a\.txt: is damaged .*too many bytes/);
  });

  it('refuses what is encrypted, packed by an unknown method, or a zip archive itself', async () => {
    const encrypted = zipOf({ 'a.csv': csv }, (bytes) => bytes.writeUInt16LE(1, central(bytes) + 8));
    await expect(readInteractions(encrypted)).rejects.toThrow('a.zip/a.csv: is encrypted; unpack it first');
    const unknown = zipOf({ 'a.csv': csv }, (bytes) => bytes.writeUInt16LE(12, central(bytes) + 10));
    await expect(readInteractions(unknown)).rejects.toThrow('a.zip/a.csv: cannot be unpacked: ');
    const inner = readFileSync(zipOf({ 'a.csv': csv }));
    await expect(readInteractions(zipOf({ 'b.zip': inner }))).rejects.toThrow(
      'a.zip/b.zip: is a zip archive within a zip archive; unpack it first',
    );
  });

  it('refuses an archive that is cut off or damaged', async () => {
    const text = Array.from({ length: 2000 }, (_, i) => `${i * 7919} ${(i * 104729) % 65537}\n`).join('');
    for (const length of [4, 30, 1000, -30, -1]) {
      const cut = zipOf({ 'a.txt': text }, (bytes) => bytes.subarray(0, length));
      await expect(readInteractions(cut)).rejects.toThrow('a.zip: is a damaged, cut-off or unsafe zip archive');
      await expect(readInteractions(Readable.from([readFileSync(cut)]))).rejects.toThrow('input: is a damaged');
    }
    const broken = zipOf({ 'a.txt': text }, (bytes) => bytes.fill(0xff, 2000, 2100));
    await expect(readInteractions(broken)).rejects.toThrow(DataError);
    await expect(readInteractions(broken, { onError: 'skip' })).rejects.toThrow(
      'a.zip/a.txt: is damaged or cut off in',
    );
    const changed = zipOf({ 'a.txt': text }, (bytes) => bytes.writeUInt32LE(7, central(bytes) + 16));
    await expect(readInteractions(changed)).rejects.toThrow('its checksum differs');
  });

  const ratings = fileURLToPath(new URL('../../../../../shared/data/ml-latest-small/ratings.csv', import.meta.url));
  it.skipIf(!existsSync(ratings))('reads MovieLens (needs the data beside the checkout)', async () => {
    const entry = 'ml-latest-small/ratings.csv';
    const path = zipOf({ [entry]: readFileSync(ratings), 'ml-latest-small/movies.csv': 'movieId,title,genres\n' });
    const { users, catalog, items } = toSequences(await readInteractions(path, { entry }));
    expect([users.ids.length, catalog.ids.length, items.length]).toEqual([610, 9_724, 100_836]);
  });
});
