import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyOf, queryRows, readInteractions, toSequences } from '../index.js';
import { loadDriver } from './load-driver.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-duckdb-'));
afterAll(() => rmSync(root, { recursive: true }));
const path = join(root, 'shop.duckdb');
const csv = join(root, 'more.csv');

const collect = async (rows: AsyncIterable<unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const row of rows) all.push(row);
  return all;
};
const rowsOf = (sql: string, options = {}, database = path) => collect(queryRows(database, sql, options));

beforeAll(async () => {
  writeFileSync(csv, 'a\n1\n');
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`create table events as
    select 9007199254740993 + n % 100 as user_id,
      ('00000000-0000-4000-8000-' || lpad(printf('%x', n % 1000), 12, '0'))::uuid as product,
      12345678901234567.0000000001::decimal(38, 10) as price,
      '2026-10-01 12:00:00.123456+00'::timestamptz + to_microseconds(n) as happened
    from range(100000) r(n)`);
  connection.closeSync();
  instance.closeSync();
});

describe('DuckDB', () => {
  it('gives values exactly', async () => {
    expect(await rowsOf('select * from events order by happened limit 1')).toEqual([
      {
        user_id: 9007199254740993n,
        product: '00000000-0000-4000-8000-000000000000',
        price: '12345678901234567.0000000001',
        happened: '2026-10-01T12:00:00.123456Z',
      },
    ]);
    const times = {
      "'2026-10-01 12:00:00'::timestamp_s": '2026-10-01T12:00:00Z',
      "'2026-10-01 12:00:00.12'::timestamp_ms": '2026-10-01T12:00:00.12Z',
      "'1969-12-31 23:59:59.999999'::timestamp": '1969-12-31T23:59:59.999999Z',
      "'2026-10-01 12:00:00.123456789'::timestamp_ns": '2026-10-01T12:00:00.123456789Z',
      "'infinity'::timestamp": 'infinity',
      "'2026-10-01'::date": '2026-10-01',
      '170141183460469231731687303715884105727::hugeint': 170141183460469231731687303715884105727n,
      '1.5::double': 1.5,
      null: null,
    };
    for (const [value, expected] of Object.entries(times))
      expect(await rowsOf(`select ${value} as value`)).toEqual([{ value: expected }]);
  });

  it('reads interactions in the order of their microseconds, and keeps ids beyond 2^53 apart', async () => {
    const sql = 'select user_id, product, happened from events order by happened desc';
    const columns = { user: 'user_id', item: 'product', timestamp: 'happened' };
    const sequences = toSequences(await readInteractions(queryRows(`duckdb:${path}`, sql), { columns }));
    expect([sequences.users.ids.length, sequences.catalog.ids.length]).toEqual([100, 1000]);
    const expected = ['001', '065', '0c9', '12d'].map((digits) => `00000000-0000-4000-8000-000000000${digits}`);
    expect(historyOf(sequences, '9007199254740994').slice(0, 4)).toEqual(expected);
  });

  it('streams a result far larger than memory: the first rows come at once, and reading can stop early', async () => {
    let count = 0;
    for await (const _ of queryRows(path, 'select a.user_id from events a, events b')) if (++count === 10_000) break;
    expect(count).toBe(10_000);
    // The file is closed, so that it can be opened to write.
    const instance = await DuckDBInstance.create(path);
    instance.closeSync();
  });

  it.each([
    ['selec 1', /the query failed: Parser Error: syntax error at or near "selec"$/],
    ['select nope from events', /the query failed: Binder Error: .*"nope" not found/],
    ['select error(n::varchar) from range(9999) r(n)', /the query failed: Invalid Input Error: \d+$/],
    ['select 1 as a; select 2 as a', /the query must be one select$/],
    ['delete from events', /the query must be one select$|read-only/],
    [`copy events to '${join(root, 'out.csv')}'`, /the query must be one select$|disabled by configuration/],
    ['select 1 as a, 2 as a', /the query has two columns named "a"/],
    [`select * from '${csv}'`, /file system operations are disabled by configuration$/],
  ])('refuses %s', async (sql, message) => {
    const error = await rowsOf(sql).catch((cause) => cause);
    expect(error).toMatchObject({ name: 'DataError', code: 'query-failed', message: expect.stringMatching(message) });
    expect(error.message).toContain(`${path}: `);
    expect(existsSync(join(root, 'out.csv'))).toBe(false);
  });

  it('reads other files where that is allowed', async () => {
    expect(await rowsOf(`select * from '${csv}'`, { externalAccess: true })).toEqual([{ a: 1n }]);
  });

  it('refuses a missing file, and one that is no database', async () => {
    const missing = { code: 'cannot-open', message: expect.stringMatching(/none\.duckdb: no such file$/) };
    await expect(rowsOf('select 1', {}, join(root, 'none.duckdb'))).rejects.toMatchObject(missing);
    const noDatabase = join(root, 'text.duckdb');
    writeFileSync(noDatabase, 'not a database'.repeat(1000));
    await expect(rowsOf('select 1', {}, noDatabase)).rejects.toMatchObject({ code: 'cannot-open' });
  });
});

describe('a driver', () => {
  it('that is not installed is named, with the command that installs it', async () => {
    const load = () => import('@recsys/no-such-package' as string);
    await expect(loadDriver('pg', 'reading from PostgreSQL', load)).rejects.toMatchObject({
      code: 'not-installed',
      message: 'reading from PostgreSQL needs the package pg, which is not installed. Install it with: npm install pg',
    });
  });

  it('that cannot be loaded says why', async () => {
    const load = () => Promise.reject(new Error('wrong libc'));
    await expect(loadDriver('@duckdb/node-api', 'reading from DuckDB', load)).rejects.toMatchObject({
      code: 'not-installed',
      message: expect.stringContaining('which cannot be loaded: wrong libc'),
    });
  });
});
