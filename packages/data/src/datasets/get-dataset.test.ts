import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import {
  cachedDataset,
  DataError,
  type Dataset,
  type DatasetName,
  datasets,
  getDataset,
  kCore,
  readInteractions,
} from '../index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-registry-'));
afterAll(() => rmSync(root, { recursive: true }));
const newCache = () => mkdtempSync(join(root, 'cache-'));
const named = (name: DatasetName): Dataset => datasets.find((dataset) => dataset.name === name)!;

interface RawRow {
  user: number;
  item: number;
  rating: number;
  /** A day of January 2017. */
  day: number;
}

/**
 * Users 1 to 5 met items 1 to 5. User 6 met five, too, but item 6 no one else: without it four are left, which the single pass keeps and a
 * repeated one would not. User 7 met one. Rows go item by item, so that users are mixed, and days are neither in order nor distinct.
 */
const rawRows: RawRow[] = [1, 2, 3, 4, 5].flatMap((item) =>
  (item === 1 ? [1, 2, 3, 4, 5, 6, 7] : item === 5 ? [1, 2, 3, 4, 5] : [1, 2, 3, 4, 5, 6]).map((user) => ({
    user,
    item,
    rating: 1 + ((user + item) % 5),
    day: [30, 10, 10, 20, 10][item - 1],
  })),
);
rawRows.push({ user: 6, item: 6, rating: 5, day: 5 });

/** Items of each user by hand: by day, and those of one day as they stand in the file. */
const single: [user: number, items: number[]][] = [
  ...[1, 2, 3, 4, 5].map((user): [number, number[]] => [user, [2, 3, 5, 4, 1]]),
  [6, [2, 3, 4, 1]],
];
const all: typeof single = [...single.slice(0, 5), [6, [6, 2, 3, 4, 1]], [7, [1]]];
const dayOfItem = (item: number) => ({ 1: 30, 4: 20, 6: 5 })[item] ?? 10;

const secondsOf = (day: number) => Date.UTC(2017, 0, day) / 1000;
const names = ['', "O'Neil", 'a "b", c', 'é日', `it's "x"`, 'e\\f', 'g', 'h'];
const repr = (text: string) =>
  `u'${text.replace(/[\\']/g, '\\$&').replace(/[^ -~]/g, (letter) => (letter < 'Ā' ? `\\x${letter.charCodeAt(0).toString(16)}` : `\\u${letter.charCodeAt(0).toString(16)}`))}'`;
const zip = (entries: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, strToU8(text)])));
const linesOf = (line: (row: RawRow) => string) => rawRows.map((row) => `${line(row)}\n`).join('');
const amazonReviews = () =>
  gzipSync(
    linesOf(({ user, item, rating, day }) =>
      JSON.stringify({
        reviewerID: `A${user}`,
        asin: `B00${item}`,
        reviewerName: "it's me",
        helpful: [0, 1],
        reviewText: 'one\ntwo, "three"',
        overall: rating,
        unixReviewTime: secondsOf(day),
        reviewTime: `01 ${day}, 2017`,
      }),
    ),
  );

/** An archive of each dataset in its own format, and how its ids and times are written. */
const archives: Record<
  DatasetName,
  {
    bytes: () => Uint8Array;
    user?: (n: number) => string;
    item?: (n: number) => string;
    unit?: number;
    left: typeof single;
  }
> = {
  'ml-100k': {
    bytes: () =>
      zip({
        'ml-100k/u.data': linesOf(({ user, item, rating, day }) => `${user}\t${item}\t${rating}\t${secondsOf(day)}`),
        'ml-100k/u.item': '1|Toy Story (1995)\n',
      }),
    left: all,
  },
  'ml-1m': {
    bytes: () =>
      zip({
        'ml-1m/movies.dat': '1::Toy Story (1995)::Comedy\n',
        'ml-1m/ratings.dat': linesOf(({ user, item, rating, day }) => `${user}::${item}::${rating}::${secondsOf(day)}`),
      }),
    left: single,
  },
  'ml-latest-small': {
    bytes: () =>
      zip({
        'ml-latest-small/README.txt': '',
        'ml-latest-small/ratings.csv': `userId,movieId,rating,timestamp\r\n${linesOf(({ user, item, rating, day }) => `${user},${item},${rating}.5,${secondsOf(day)}\r`)}`,
      }),
    left: all,
  },
  'amazon-beauty': { bytes: amazonReviews, user: (n) => `A${n}`, item: (n) => `B00${n}`, left: single },
  'amazon-games': { bytes: amazonReviews, user: (n) => `A${n}`, item: (n) => `B00${n}`, left: single },
  steam: {
    bytes: () =>
      gzipSync(
        linesOf(
          ({ user, item, day }) =>
            `{u'username': ${repr(names[user])}, u'hours': 0.1, u'products': 41, u'product_id': u'72${item}', u'page_order': 0, u'date': u'2017-01-${String(day).padStart(2, '0')}', u'text': u'It\\'s\\xe9 "x"', u'early_access': False, u'found_funny': None}`,
        ),
      ),
    user: (n) => names[n],
    item: (n) => `72${n}`,
    unit: 1000,
    left: single,
  },
};

/** A dataset with the counts of the small archive, and without the sha256 of the real one. */
const smallOf = (name: DatasetName): Dataset => {
  const { left } = archives[name];
  const items = new Set(left.flatMap(([, own]) => own)).size;
  const { sha256: _, ...dataset } = named(name);
  return { ...dataset, counts: { users: left.length, items, interactions: left.flatMap(([, own]) => own).length } };
};
const archiveOf = (name: DatasetName, bytes = archives[name].bytes()) => {
  const path = join(mkdtempSync(join(root, 'archive-')), basename(named(name).url));
  writeFileSync(path, bytes);
  return path;
};

describe('datasets', () => {
  it('have what they should have', () => {
    const counts = datasets.map(({ name, minInteractions, counts: { users, items, interactions } }) => [
      name,
      minInteractions,
      users,
      items,
      interactions,
    ]);
    expect(counts).toEqual([
      ['ml-100k', undefined, 943, 1_682, 100_000],
      ['ml-1m', 5, 6_040, 3_416, 999_611],
      ['ml-latest-small', undefined, 610, 9_724, 100_836],
      ['amazon-beauty', 5, 52_024, 57_289, 394_908],
      ['amazon-games', 5, 31_013, 23_715, 287_107],
      ['steam', 5, 334_730, 13_047, 3_686_172],
    ]);
    for (const { title, terms, citation, url } of datasets) {
      expect([title, terms, citation].every((text) => text.length > 5 && !text.includes('\n'))).toBe(true);
      expect(url).toMatch(/^https:.*\.(zip|json\.gz)$/);
    }
  });

  it('have the sha256 of the archives of MovieLens', () => {
    const known = datasets.filter(({ sha256 }) => sha256 !== undefined);
    expect(known.map(({ name }) => name)).toEqual(['ml-100k', 'ml-1m', 'ml-latest-small']);
    for (const { sha256 } of known) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('getDataset', () => {
  it.each(Object.keys(archives) as DatasetName[])('prepares %s as it should be, by hand', async (name) => {
    const { user = String, item = String, unit = 1, left } = archives[name];
    const path = await getDataset(smallOf(name), { cacheDirectory: newCache(), archive: archiveOf(name) });
    expect(basename(path)).toBe(`${name}.csv`);
    const firstDay = ([, items]: (typeof left)[number]) => Math.min(...items.map(dayOfItem));
    const byFirstDay = [...left].sort((a, b) => firstDay(a) - firstDay(b) || (user(a[0]) < user(b[0]) ? -1 : 1));
    const expected = byFirstDay.flatMap(([of, items]) =>
      items.map((own) => ({ user: user(of), item: item(own), timestamp: secondsOf(dayOfItem(own)) * unit })),
    );
    expect((await readInteractions(path)).table.objects()).toEqual(expected);
  });

  it('is prepared by a single pass, where a repeated one would leave less', async () => {
    const columns = { user: 'reviewerID', item: 'asin', timestamp: false } as const;
    const raw = await readInteractions(archiveOf('amazon-games'), { columns });
    expect(kCore(raw, { minInteractions: 5, passes: 'single' }).size).toBe(29);
    expect(kCore(raw, { minInteractions: 5 }).size).toBe(25);
  });

  it('downloads once, and records the sha256 of the archive', async () => {
    const bytes = archives['ml-1m'].bytes();
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/ml-1m.zip`;
    const cacheDirectory = newCache();
    const dataset = { ...smallOf('ml-1m'), url };
    try {
      expect(await cachedDataset(dataset, { cacheDirectory })).toBeUndefined();
      const twice = await Promise.all([1, 2].map(() => getDataset(dataset, { cacheDirectory })));
      const path = join(cacheDirectory, 'ml-1m', 'ml-1m.csv');
      expect(twice).toEqual([path, path]);
      expect(await cachedDataset(dataset, { cacheDirectory })).toBe(path);
      const before = requests;
      expect(await getDataset(dataset, { cacheDirectory })).toBe(path);
      expect(requests).toBe(before);
      const folder = join(cacheDirectory, 'ml-1m');
      expect(readdirSync(folder).sort()).toEqual(['ml-1m.csv', 'ml-1m.zip', 'ml-1m.zip.sha256']);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(readFileSync(join(folder, 'ml-1m.zip.sha256'), 'utf8')).toBe(`${sha256}  ml-1m.zip\n`);

      rmSync(path);
      await getDataset(dataset, { cacheDirectory });
      expect(requests).toBe(before);
      rmSync(path);
      writeFileSync(
        join(folder, 'ml-1m.zip'),
        zip({ 'ml-1m/ratings.dat': linesOf(({ user, item, day }) => `${user}::${item}::1::${secondsOf(day)}`) }),
      );
      await expect(getDataset(dataset, { cacheDirectory })).rejects.toThrow(
        new RegExp(
          `ml-1m\\.zip: is not the expected archive: its sha256 is [0-9a-f]{64}, expected ${sha256}\\. Remove .*ml-1m\\.zip to download it again`,
        ),
      );
      expect(existsSync(path)).toBe(false);
      const wrong = { ...dataset, sha256: '0'.repeat(64) };
      await expect(getDataset(wrong, { cacheDirectory: newCache() })).rejects.toThrow('expected 0000');
      const packedAgain = { cacheDirectory: newCache(), archive: archiveOf('ml-1m') };
      expect(basename(await getDataset(wrong, packedAgain))).toBe('ml-1m.csv');
      const other = getDataset('ml-1m', { url, cacheDirectory: newCache() });
      await expect(other).rejects.toThrow(`has the sha256 ${sha256}, expected ${named('ml-1m').sha256}`);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('refuses an archive that gives other counts, and says what it found', async () => {
    const cacheDirectory = newCache();
    const given = getDataset('ml-1m', { cacheDirectory, archive: archiveOf('ml-1m') });
    await expect(given).rejects.toThrow(
      'ml-1m: expected 6040 users, 3416 items, 999611 interactions, found 6 users, 5 items, 29 interactions. It is not the expected archive.',
    );
    const broken = linesOf(({ user, item, rating }) => `${user}::${item}::${rating}::${user === 1 ? 'noon' : 1}`);
    const archive = archiveOf('ml-1m', zip({ 'ml-1m/ratings.dat': broken }));
    await expect(getDataset({ ...smallOf('ml-1m'), minInteractions: 4 }, { cacheDirectory, archive })).rejects.toThrow(
      'found 5 users, 5 items, 24 interactions (5 lines were skipped)',
    );
    expect(readdirSync(join(cacheDirectory, 'ml-1m'))).toEqual([]);
    await expect(getDataset('ml-100k', { cacheDirectory, archive: archiveOf('ml-1m') })).rejects.toThrow(
      'has no entry "ml-100k/u.data"; it holds "ml-1m/movies.dat", "ml-1m/ratings.dat"',
    );
  });

  it('says what to do where there is no network', async () => {
    const cacheDirectory = newCache();
    const url = 'http://127.0.0.1:1/ml-1m.zip';
    const failing = getDataset('ml-1m', { cacheDirectory, url, attempts: 1 });
    await expect(failing).rejects.toThrow(DataError);
    await expect(failing).rejects.toThrow(`${url}: cannot be fetched: `);
    const archive = join(cacheDirectory, 'ml-1m', 'ml-1m.zip');
    await expect(failing).rejects.toThrow(`You can put a copy of the archive at ${archive}. Terms of MovieLens 1M: `);
    await expect(failing).rejects.toThrow('no redistribution and no commercial use');
    await expect(failing).rejects.toThrow(/ Set archive to use a copy at another path\.$/);
    writeFileSync(archive, archives['ml-1m'].bytes());
    expect(await getDataset(smallOf('ml-1m'), { cacheDirectory, url })).toBe(
      join(cacheDirectory, 'ml-1m', 'ml-1m.csv'),
    );
  });

  it('refuses a name that it does not know, and a cache that it cannot write', async () => {
    await expect(getDataset('ml-2m' as DatasetName)).rejects.toThrow(
      'getDataset: there is no dataset "ml-2m"; the datasets are ml-100k, ml-1m,',
    );
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(getDataset('ml-1m', { cacheDirectory: file })).rejects.toThrow('cannot be created: ');
  });

  const ratings = fileURLToPath(new URL('../../../../../shared/data/ml-latest-small/ratings.csv', import.meta.url));
  it.skipIf(!existsSync(ratings))('prepares MovieLens (needs the data beside the checkout)', async () => {
    const archive = archiveOf('ml-latest-small', zip({ 'ml-latest-small/ratings.csv': readFileSync(ratings, 'utf8') }));
    const path = await getDataset('ml-latest-small', { cacheDirectory: newCache(), archive });
    expect((await readInteractions(path)).size).toBe(100_836);
  });
});
