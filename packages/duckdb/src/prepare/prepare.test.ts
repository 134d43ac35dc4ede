import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import {
  type InteractionColumns,
  kCore,
  minRating,
  queryRows,
  readInteractions,
  timeRange,
  toSequences,
} from '@recsys/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Database } from '../database/index.js';
import { type Manifest, type PrepareOptions, prepare, readPrepared } from '../index.js';
import { comparable, scratchFolder, writeParquet } from '../test-support.js';

const at = scratchFolder();
let cases = 0;
const newPath = () => at(`case-${cases++}`);

const columns = { user: 'user', item: 'item', timestamp: 'ts' } satisfies InteractionColumns;

/** Prepares a source, and compares what is read with `kCore` and `toSequences` of the same source. */
const expectSame = async (
  from: string,
  { minInteractions = 1, ...options }: Partial<PrepareOptions> = {},
): Promise<Manifest> => {
  const out = newPath();
  const { onError = 'throw', passes = 'until-stable' } = options;
  const manifest = await prepare({ from, columns, minInteractions, out, ...options });
  const interactions = await readInteractions(from, { columns: options.columns ?? columns, onError });
  const expected = toSequences(kCore(interactions, { minInteractions, passes }));
  expect(comparable(await readPrepared(out))).toEqual(comparable(expected));
  expect(manifest.order).toEqual(interactions.order);
  expect(manifest.counts).toMatchObject({
    interactions: expected.items.length,
    users: expected.users.ids.length,
    items: expected.catalog.ids.length,
    skipped: interactions.skipped,
  });
  return manifest;
};

/** A table of random interactions with many ties. */
const randomly = (rows: number, { user = "'u' || u", item = "'i' || i", time = '1600000000 + t' } = {}): string =>
  `select ${user} as "user", ${item} as item, ${time} as ts from (
    select (hash(n) % ${rows / 10})::int as u, (hash(n * 7) % ${rows / 50})::int as i, (hash(n * 13) % ${rows / 20})::int as t
    from range(${rows}) r(n)
  )`;

describe('prepare gives what kCore and toSequences give', () => {
  it('for 200,000 rows with ties, in shards', async () => {
    const path = newPath();
    await writeParquet(path, randomly(200_000, { item: "'i' || (i * 31 + t) % 19997" }));
    const { shards, counts } = await expectSame(path, { format: 'parquet', minInteractions: 7, shards: 7 });
    expect(shards.length).toBe(7);
    expect(counts).toMatchObject({ read: 200_000, passes: expect.any(Number) });
    expect(counts.passes).toBeGreaterThan(1);
    let firstUser = 0;
    for (const shard of shards) {
      expect(shard.firstUser).toBe(firstUser);
      expect(shard.interactions).toBeLessThan((1.1 * counts.interactions) / 7);
      firstUser += shard.users;
    }
  });

  it.each([
    ['numbers', { user: 'u', item: 'i::smallint', time: '1600000000000 + t * 1000' }],
    ['numbers beyond 2^53', { user: '9007199254740993 + u', item: 'i::double', time: 't' }],
    [
      'UUIDs, dates',
      { user: "('00000000-0000-4000-8000-' || lpad(u::varchar, 12, '0'))::uuid", time: "'2026-10-01'::date + t" },
    ],
    ['microseconds', { time: "'1969-12-31 23:59:59.999'::timestamp + to_microseconds(t)" }],
    ['nanoseconds', { time: 'make_timestamp_ns(1600000000000000000 + t)' }],
    ['numbers finer than a double', { time: '9007199254740992 + t' }],
    ['fractions', { time: 't / 7.0' }],
    [
      'letters of all planes',
      { user: "['é', 'z', 'Z', '\uFFEE', '\u{1F600}', '\uE000', '퐀', 'a\u{10000}'][1 + u % 8]", time: '0' },
    ],
  ])('for %s', async (_, expressions) => {
    const path = newPath();
    await writeParquet(path, randomly(1000, expressions));
    await expectSame(path, { format: 'parquet', minInteractions: 3, shards: 3 });
  });

  it('for any few rows', async () => {
    const row = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.constantFrom('x', 'y', 'z'),
      fc.constantFrom('-1', '2', '3.5'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1 }),
        fc.constantFrom('until-stable', 'single'),
        async (rows, passes) => {
          const path = `${newPath()}.csv`;
          writeFileSync(path, `user,item,ts\n${rows.map((row) => row.join(',')).join('\n')}\n`);
          const options = { minInteractions: 2, passes } as const;
          const isLeft = await readInteractions(path, { columns })
            .then((read) => kCore(read, options))
            .then(
              () => true,
              () => false,
            );
          if (isLeft) await expectSame(path, options);
          else
            await expect(prepare({ from: path, out: newPath(), ...options })).rejects.toThrow(
              'is left with minInteractions 2',
            );
        },
      ),
      { numRuns: 8 },
    );
  });

  it('for text: ISO 8601 in all its forms, decimals, ids with zeros', async () => {
    const times = {
      'iso-8601': [
        '2026-10-01',
        '2026-10-01 10',
        '2026-10-01T10:00Z',
        '2026-10-01t10:00:00,5+02',
        '2026-10-01T10:00:00.123456-0130',
        '2026-10-01 10:00:00 UTC',
      ],
      finer: [
        '2026-10-01T10:00:00.123456789Z',
        '2026-10-01T10:00:00.123456781Z',
        '2026-10-01T10:00:00.1234567Z',
        '2026-10-01T10:00:00Z',
      ],
      'epoch-seconds': ['1600000001.25', '1.6e9', '+1600000000', '1600000001.250'],
      'epoch-milliseconds': ['1600000000000.000000009', '1600000000000.000000001', '1600000000000'],
    };
    for (const list of Object.values(times)) {
      const path = `${newPath()}.csv`;
      writeFileSync(path, `user,item,ts\n${list.map((time, i) => `00${i % 2},"i,${i}","${time}"`).join('\n')}\n`);
      await expectSame(path);
    }
  });

  it('for a folder of shards, TSV and gzip, in the order of the names', async () => {
    const folder = newPath();
    mkdirSync(folder);
    await writeParquet(`${folder}/b.parquet`, "select 'b' as \"user\", 'x' as item, 5 as ts");
    await writeParquet(`${folder}/a.parquet`, "select 'b' as \"user\", 'y' as item, 5 as ts");
    await expectSame(folder);
    const out = newPath();
    await prepare({ from: `${folder}/*.parquet`, out });
    expect((await readPrepared(out)).catalog.ids).toEqual(['x', 'y']);
    await prepare({ from: [`${folder}/b.parquet`, `${folder}/a.parquet`], out, overwrite: true });
    expect([...(await readPrepared(out)).items]).toEqual([1, 2]);
    const tsv = `${newPath()}.tsv`;
    writeFileSync(tsv, 'user\titem\tts\na\tx\t1\n');
    await expectSame(tsv);
  });

  it('for JSON: lines and lists, ids as numbers or texts', async () => {
    const rows = [
      '{"user": 7, "item": "x", "ts": 3}',
      '{"user": "7", "item": 12345678901234567890, "ts": 2}',
      '{"user": "é", "item": "x", "ts": 2.5}',
    ];
    const lines = `${newPath()}.jsonl`;
    writeFileSync(lines, rows.join('\n'));
    const out = newPath();
    await prepare({ from: lines, columns, out });
    const { users, catalog, items, timestamps } = await readPrepared(out);
    expect([users.ids, catalog.ids, [...items], [...timestamps!]]).toEqual([
      ['7', 'é'],
      ['12345678901234567890', 'x'],
      [1, 2, 2],
      [2, 3, 2.5],
    ]);
    const list = `${newPath()}.json`;
    writeFileSync(list, `[${rows.join(',\n')}]`);
    await prepare({ from: list, columns, out, overwrite: true });
    expect((await readPrepared(out)).users.ids).toEqual(['7', 'é']);
  });

  it('for a table of DuckDB', async () => {
    const path = `${newPath()}.duckdb`;
    const database = await Database.open({ path });
    await database.run(`create table events as ${randomly(2000)}`);
    database.close();
    const out = newPath();
    await prepare({ from: path, out, minInteractions: 5 });
    const rows = await readInteractions(queryRows(path, 'select * from events'), { columns });
    expect(comparable(await readPrepared(out))).toEqual(comparable(toSequences(kCore(rows, { minInteractions: 5 }))));
  });

  it('without times, where rows of users follow one another or it is said that they are in order', async () => {
    const path = `${newPath()}.csv`;
    writeFileSync(path, 'user,item\nb,y\nb,x\na,y\na,z\n');
    await expectSame(path, { columns: { user: 'user', item: 'item' }, shards: 2 });
    writeFileSync(path, 'user,item\nb,y\na,x\nb,x\n');
    await expectSame(path, { columns: { user: 'user', item: 'item', timestamp: false } });
    const refused = prepare({ from: path, out: newPath() });
    await expect(refused).rejects.toMatchObject({ code: 'unordered' });
  });
});

describe('prepare', () => {
  const csv = at('events.csv');
  writeFileSync(csv, 'user,item,ts,rating,event\na,x,3,5,view\na,y,1,2,buy\nb,x,2,4,buy\n');

  it('filters by SQL, rating and time', async () => {
    const out = newPath();
    const sequencesWith = async (filters: PrepareOptions['filters']) => {
      await prepare({ from: csv, columns, filters, out, overwrite: true });
      return comparable(await readPrepared(out));
    };
    const all = await readInteractions(csv, { columns, ratings: true });
    expect(await sequencesWith({ minRating: 4 })).toEqual(comparable(toSequences(minRating(all, { min: 4 }))));
    expect(await sequencesWith({ from: 2, to: 3 })).toEqual(
      comparable(toSequences(timeRange(all, { from: 2, to: 3 }))),
    );
    expect((await sequencesWith({ where: "event = 'buy'" })).catalog.ids).toEqual(['y', 'x']);
  });

  it('refuses rows that are no interactions, or skips them', async () => {
    const path = `${newPath()}.csv`;
    for (const [row, problem] of [
      [',x,1', 'row 2: user is missing'],
      ['a,"",1', 'row 2: item is missing'],
      ['a,x,', 'row 2: the time is missing'],
      ['a,x,noon', 'row 2: the time "noon" is none'],
      ['a,x,2026-10-01', 'row 2: the time "2026-10-01" is none'],
    ]) {
      writeFileSync(path, `user,item,ts\na,x,1\n${row}\nb,y,3\n`);
      await expect(prepare({ from: path, columns, out: newPath() })).rejects.toThrow(problem);
      await expectSame(path, { onError: 'skip' });
    }
    writeFileSync(path, 'user,item,ts\na,x,1600000000\nb,y,1600000000000\n');
    await expect(prepare({ from: path, columns, out: newPath() })).rejects.toThrow(
      'looks like milliseconds since 1970',
    );
  });

  it('writes all or nothing, and replaces only what it has written', async () => {
    const out = at('once');
    await prepare({ from: csv, columns, out });
    await expect(prepare({ from: csv, columns, out })).rejects.toMatchObject({ name: 'PrepareError', code: 'exists' });
    const broken = prepare({ from: csv, columns, filters: { where: 'no_such_column' }, out, overwrite: true });
    await expect(broken).rejects.toMatchObject({ code: 'query-failed' });
    expect((await readPrepared(out)).items.length).toBe(3);
    expect(readdirSync(at('.')).filter((name) => name.startsWith('.'))).toEqual([]);
    const own = newPath();
    mkdirSync(own);
    writeFileSync(`${own}/letter.txt`, 'dear');
    await expect(prepare({ from: csv, columns, out: own, overwrite: true })).rejects.toThrow(
      'is not a prepared directory',
    );
    expect(existsSync(`${own}/letter.txt`)).toBe(true);
    await expect(prepare({ from: csv, columns, out: `${csv}/out` })).rejects.toMatchObject({ code: 'cannot-write' });
  });

  it('gives the same files again', async () => {
    const [one, two] = [newPath(), newPath()];
    const path = newPath();
    await writeParquet(path, randomly(20_000));
    const options = { from: path, format: 'parquet', columns, minInteractions: 5, shards: 3 } as const;
    expect(await prepare({ ...options, out: one, threads: 1 })).toEqual(
      await prepare({ ...options, out: two, threads: 2 }),
    );
  });

  it('needs no more memory than it is allowed, and says so when that is too little', async () => {
    const path = newPath();
    await writeParquet(path, randomly(150_000, { user: "'a-long-id-of-a-user-' || u || '-' || t", item: "'i' || i" }));
    const options = { from: path, format: 'parquet', columns, threads: 1, out: newPath() } as const;
    await expect(prepare({ ...options, memory: '3MB' })).rejects.toMatchObject({
      code: 'out-of-memory',
      advice: { option: 'memory' },
    });
    await prepare({ ...options, memory: '48MB' });
  });

  it('names an extension that is not there, missing files, tables and columns', async () => {
    const sqlite = at('shop.sqlite');
    writeFileSync(sqlite, '');
    const out = newPath();
    const refuse = (options: Partial<PrepareOptions>, code: string, message: string) =>
      expect(prepare({ from: csv, out, ...options })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    const database = await Database.open({});
    const hasSqlite = (
      await database.rows("from duckdb_extensions() where extension_name = 'sqlite_scanner' and installed")
    ).length;
    database.close();
    if (hasSqlite === 0) await refuse({ from: sqlite, table: 'events' }, 'no-extension', 'by its extension sqlite');
    await refuse(
      { from: 'postgres://ann:secret@127.0.0.1:1/shop', table: 'events' },
      hasSqlite ? 'bad-data' : 'no-extension',
      'postgres://ann@127.0.0.1:1/shop',
    );
    await refuse({ from: at('none.parquet') }, 'bad-data', 'no such file');
    await refuse({ from: at('none*.parquet') }, 'bad-data', 'no such file');
    await refuse({ from: at('none.duckdb') }, 'bad-data', 'no such file');
    await refuse({ columns: { user: 'who', item: 'item' } }, 'bad-data', 'no column "who"');
    await refuse({ table: 'events' }, 'bad-option', 'table is for databases');
    await refuse({ from: sqlite, format: 'csv' }, 'bad-option', 'format is for files');
    await refuse({ memory: 'much' }, 'bad-option', 'a size such as 4GB');
    await refuse({ shards: 0 }, 'bad-option', 'shards');
    await refuse({ passes: 'twice' as never }, 'bad-option', 'until-stable, single');
    await refuse({ shard: 3 } as never, 'bad-option', 'unknown option shard');
    await refuse({ filters: { min: 3 } as never }, 'bad-option', 'unknown option min');
    await refuse(
      { columns: { user: 'user', item: 'item', timestamp: false }, filters: { from: 3 } },
      'bad-option',
      'need times',
    );
    const text = at('events.txt');
    writeFileSync(text, 'a x 1\n');
    await refuse({ from: text }, 'bad-data', 'is not Parquet, CSV, TSV or JSON by its name');
    const damaged = at('damaged.parquet');
    writeFileSync(damaged, 'PAR1 and then nothing');
    await refuse({ from: damaged }, 'bad-data', 'cannot be read');
    const typed = at('typed.parquet');
    await writeParquet(typed, 'select [1] as "user", true as item, 1 as ts');
    await refuse({ from: typed, columns }, 'bad-data', 'column "user" is a INTEGER[], which has no ids');
  });
});
