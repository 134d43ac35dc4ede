import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noPostgres, password, startPostgres } from '../../../../test/support/programs/postgres.js';
import { historyOf, queryRows, readInteractions, toSequences } from '../index.js';

type Server = Awaited<ReturnType<typeof startPostgres>>;

const numRows = 100_000;

/** Makes a table of events: user and item ids beyond 2^53, and times one microsecond apart. */
const createEvents = `
  create table events (user_id bigint, product uuid, price numeric(40, 20), happened timestamptz, local timestamp, day date);
  insert into events
    select 9007199254740993 + n % 100,
      ('00000000-0000-4000-8000-' || lpad(to_hex(n % 1000), 12, '0'))::uuid,
      12345678901234567890.00000000000000000001,
      '2026-10-01 12:00:00.123456+00'::timestamptz + n * interval '1 microsecond',
      '2026-10-01 12:00:00.5', '2026-10-01'
    from generate_series(0, ${numRows - 1}) n`;

const collect = async (rows: AsyncIterable<unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const row of rows) all.push(row);
  return all;
};

describe.skipIf(noPostgres !== undefined)(`PostgreSQL${noPostgres === undefined ? '' : `: ${noPostgres}`}`, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startPostgres();
    server.psql(`create sequence numbers; ${createEvents}`);
  });
  afterAll(() => server?.stop());
  const rowsOf = (sql: string, url = server.url) => collect(queryRows(url, sql));

  it('gives values exactly', async () => {
    expect(await rowsOf('select * from events order by happened limit 1')).toEqual([
      {
        user_id: 9007199254740993n,
        product: '00000000-0000-4000-8000-000000000000',
        price: '12345678901234567890.00000000000000000001',
        happened: '2026-10-01T12:00:00.123456Z',
        local: '2026-10-01T12:00:00.5Z',
        day: '2026-10-01',
      },
    ]);
    expect(await rowsOf('select 1::int as a, 1.5::float8 as b, true as c, null as d')).toEqual([
      { a: 1, b: 1.5, c: true, d: null },
    ]);
  });

  it('gives a time with the offset of the session, and other sessions keep their own types', async () => {
    server.psql("alter role ann set timezone = 'Asia/Kolkata'; alter role ann set datestyle = 'German'");
    const sql = "select '2026-10-01 12:00:00.25+00'::timestamptz as t";
    expect(await rowsOf(sql)).toEqual([{ t: '2026-10-01T17:30:00.25+05:30' }]);
    server.psql('alter role ann reset all');
    const { default: pg } = await import('pg');
    const client = new pg.Client(server.url);
    await client.connect();
    expect((await client.query(`${sql}, 7::int8 as n`)).rows).toEqual([
      { t: new Date('2026-10-01T12:00:00.25Z'), n: '7' },
    ]);
    await client.end();
  });

  it('reads interactions in the order of their microseconds, and keeps ids beyond 2^53 apart', async () => {
    // In the opposite order, so that only the times can put them right.
    const sql = 'select user_id, product, happened from events order by happened desc';
    const columns = { user: 'user_id', item: 'product', timestamp: 'happened' };
    const interactions = await readInteractions(queryRows(server.url, sql), { columns });
    expect(interactions.size).toBe(numRows);
    const sequences = toSequences(interactions);
    expect([sequences.users.ids.length, sequences.catalog.ids.length]).toEqual([100, 1000]);
    const own = historyOf(sequences, '9007199254740994');
    expect(own).toHaveLength(1000);
    const expected = ['001', '065', '0c9', '12d'].map((digits) => `00000000-0000-4000-8000-000000000${digits}`);
    expect(own.slice(0, 4)).toEqual(expected);
  });

  it('holds a part of the rows at a time, and closes the connection when the loop ends early', async () => {
    const wide = "select n, repeat('x', 10000) as text from generate_series(1, 100000) n"; // 1 GB
    const connections = () => server.psql("select count(*) from pg_stat_activity where application_name = 'recsys'");
    const before = process.memoryUsage().rss;
    let [count, peak] = [0, 0];
    for await (const _ of queryRows(server.url, wide, { fetchSize: 100 })) {
      count += 1;
      if (count % 1000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
      if (count === 90_000) break; // 900 MB
    }
    expect((peak - before) / 2 ** 20).toBeLessThan(400); // memory is freed with a delay
    await expect.poll(connections).toBe('0');
  });

  it.each([
    ['selec 1', /the query failed: syntax error at or near "selec" at character 1$/],
    ['select nope from events', /the query failed: column "nope" does not exist at character 8$/],
    ['select 1 / (n - 6000) as x from generate_series(1, 10000) n', /the query failed: division by zero$/],
    ['select 1 as a; select 2 as a', /multiple commands/],
    ['select 1 as a, 2 as a', /the query has two columns named "a"; give one another name by AS$/],
    ['delete from events', /syntax error at or near "delete"/],
    ["select nextval('numbers') as n", /cannot execute nextval\(\) in a read-only transaction$/],
    ["copy (select 1) to program 'true'", /syntax error at or near "copy"/],
  ])('refuses %s', async (sql, message) => {
    const error = await rowsOf(sql).catch((cause) => cause);
    expect(error).toMatchObject({ name: 'DataError', code: 'query-failed', message: expect.stringMatching(message) });
    expect(error.message).toContain(`${server.urlWithoutPassword}: `);
  });

  it('says what is wrong with a connection, without the password', async () => {
    const { port } = server;
    for (const [url, problem] of [
      [`postgres://ann:Secret7@127.0.0.1:${port}/postgres`, 'password authentication failed for user "ann"'],
      [server.urlWithoutPassword, 'the server asks for a password; put it into the URL or into PGPASSWORD'],
      [`postgres://ann:${encodeURIComponent(password)}@127.0.0.1:${port}/nope`, 'database "nope" does not exist'],
      ['postgres://ann:Secret7@127.0.0.1:1/shop', 'ECONNREFUSED'],
      ['postgres://ann:Secret7@localhost:1/shop', 'ECONNREFUSED'],
    ] as const) {
      const error = await rowsOf('select 1', url).catch((cause) => cause);
      expect(error).toMatchObject({ name: 'DataError', code: 'cannot-open' });
      expect(error.message).toContain(problem);
      for (let shown = error; shown !== undefined; shown = shown.cause)
        expect(`${shown.stack} ${JSON.stringify(shown)}`).not.toMatch(/Secret7|se:cr/);
    }
  });

  it('reaches the reader of interactions with its code', async () => {
    const read = readInteractions(queryRows(server.urlWithoutPassword, 'select 1'));
    await expect(read).rejects.toMatchObject({ code: 'cannot-open', message: expect.stringMatching(/^postgres:/) });
  });

  it('takes the password from PGPASSWORD', async () => {
    process.env.PGPASSWORD = password;
    try {
      expect(await rowsOf('select 1 as one', server.urlWithoutPassword)).toEqual([{ one: 1 }]);
    } finally {
      delete process.env.PGPASSWORD;
    }
  });

  it('says that the connection was lost when the server dies while rows are read', async () => {
    let count = 0;
    const read = (async () => {
      for await (const _ of queryRows(server.url, 'select user_id from events'))
        if (++count === 7000) await server.kill();
    })();
    await expect(read).rejects.toMatchObject({
      name: 'DataError',
      code: 'connection-lost',
      message: expect.stringContaining(`${server.urlWithoutPassword}: the connection was lost: `),
    });
    expect(count).toBeLessThan(numRows);
  });
});
