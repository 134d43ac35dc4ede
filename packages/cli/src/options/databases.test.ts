import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { noPostgres, password, startPostgres } from '../../../../test/support/programs/postgres.js';
import { small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const sql = 'select who, what, moment from events order by n';
const columns = ['--user', 'who', '--item', 'what', '--time', 'moment'];
const given = ['--sql', sql, ...small, ...columns];
const whole = recsys('train', data, ...small, '--out', 'whole');

const tests = (output: string) => /^test .*$/m.exec(output)?.[0];
const configOf = (run: string) => readFileSync(join(root, run, 'config.json'), 'utf8');

describe.skipIf(noPostgres !== undefined)(`--database with PostgreSQL${noPostgres ? `: ${noPostgres}` : ''}`, () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres();
    const values = rows.map(({ user, item, timestamp }) => `('${user}', '${item}', ${timestamp})`);
    server.psql(`create table events (n serial, who text, what text, moment bigint);
      insert into events (who, what, moment) values ${values}`);
  });
  afterAll(() => server?.stop());
  afterEach(() => {
    delete process.env.PGPASSWORD;
  });

  it('trains as a file of the same rows does, and keeps the URL without its password, and the query', () => {
    const trained = recsys('train', '--database', server.url, ...given, '--out', 'queried');
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    expect(trained.stdout).toContain(`${server.urlWithoutPassword} · 300 users`);
    expect(tests(trained.stdout)).toBe(tests(whole.stdout));
    expect(JSON.parse(configOf('queried')).info.data).toEqual({ database: server.urlWithoutPassword, sql });
    for (const secret of [password, encodeURIComponent(password)])
      expect(configOf('queried') + trained.stdout).not.toContain(secret);
  });

  it('reads the query again for a run, with the password from PGPASSWORD or --database', () => {
    const asked = recsys('evaluate', 'queried');
    expect(asked).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('put it into the URL or into PGPASSWORD'),
    });
    const evaluated = recsys('evaluate', 'queried', '--database', server.url);
    expect(evaluated).toMatchObject({ status: 0, stderr: '' });
    expect(tests(evaluated.stdout)).toBe(tests(whole.stdout));
    process.env.PGPASSWORD = password;
    expect(recsys('evaluate', 'queried')).toMatchObject({ status: 0, stdout: evaluated.stdout });
    expect(recsys('recommend', 'queried', '--user', String(rows[0].user)).status).toBe(0);
    expect(recsys('train', '--resume', 'queried')).toMatchObject({ status: 0, stderr: '' });
  });

  it('says when the rows are no longer those of the training', () => {
    process.env.PGPASSWORD = password;
    const other = ['--sql', `${sql} limit 2000`];
    expect(recsys('evaluate', 'queried', ...other)).toMatchObject({
      status: 2,
      stderr: `recsys: ${server.urlWithoutPassword}: is not the data that the run was trained on (its fingerprint differs)\n`,
    });
  });

  it('describes and converts the rows of a query, and says what is wrong with one', () => {
    const from = ['--database', server.url];
    const described = recsys('data', 'describe', ...from, '--sql', sql, ...columns, '--json');
    expect(described.events()[0]).toMatchObject({
      path: server.urlWithoutPassword,
      users: 300,
      interactions: rows.length,
    });
    expect(recsys('data', 'convert', ...from, '--sql', sql, ...columns, 'rows.csv')).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, 'rows.csv'), 'utf8')).toBe(
      readFileSync(data, 'utf8').replace('who,what,when', 'user,item,timestamp'),
    );
    const bad = recsys('data', 'describe', ...from, '--sql', 'select\n1 from nowhere');
    expect(bad).toMatchObject({ status: 1 });
    expect(bad.stderr).toBe(
      `recsys: ${server.urlWithoutPassword}: the query failed: relation "nowhere" does not exist at character 15\n`,
    );
  });

  it('gives no password in the clear to a server that only a run directory names', () => {
    server.psql(`do $$ begin
        execute format('copy (select ''host all all 127.0.0.1/32 password'') to %L', current_setting('hba_file'));
      end $$;
      select pg_reload_conf()`);
    process.env.PGPASSWORD = password;
    expect(recsys('evaluate', 'queried')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the server does not log in by SCRAM, and would learn the password'),
    });
    expect(recsys('evaluate', 'queried', '--database', server.urlWithoutPassword)).toMatchObject({ status: 0 });
  });
});

describe('--database with DuckDB', () => {
  beforeAll(async () => {
    const instance = await DuckDBInstance.create(join(root, 'shop.duckdb'));
    const connection = await instance.connect();
    await connection.run(`create table events as
      select row_number() over () as n, who, what, "when" as moment from read_csv('${data}')`);
    connection.closeSync();
    instance.closeSync();
  });

  it('trains as a file of the same rows does, and finds a database that was moved with the run', () => {
    const trained = recsys('train', '--database', 'shop.duckdb', ...given, '--out', 'runs/ducks');
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    expect(tests(trained.stdout)).toBe(tests(whole.stdout));
    expect(JSON.parse(configOf('runs/ducks')).info.data).toEqual({ database: 'duckdb:../../shop.duckdb', sql });
    mkdirSync(join(root, 'moved'));
    for (const name of ['runs', 'shop.duckdb']) renameSync(join(root, name), join(root, 'moved', name));
    expect(recsys('evaluate', 'moved/runs/ducks')).toMatchObject({ status: 0, stderr: '' });
    expect(recsys('train', '--database', 'moved/shop.duckdb', ...given, '--epochs', '1').stdout).toMatch(
      /^saved +runs\/shop-sasrec-[\w.-]+-3$/m,
    );
  });

  it('may be set by a config file, and is refused in place of a file', () => {
    writeFileSync(join(root, 'database.json'), JSON.stringify({ database: 'moved/shop.duckdb', sql, epochs: 1 }));
    const trained = recsys(
      'train',
      '--config',
      'database.json',
      ...small.slice(0, -2),
      ...columns,
      '--out',
      'by-config',
    );
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(configOf('by-config')).info.data).toMatchObject({ sql });
    expect(recsys('data', 'describe', 'postgres://ann:secret@db/shop')).toMatchObject({
      status: 2,
      stderr: 'recsys: a database is given by --database, with a query by --sql\n',
    });
  });

  it('lets a query that was typed read other files, but not one that a run directory holds', () => {
    const typed = ['--database', 'moved/shop.duckdb', '--sql', `select * from '${data}'`];
    expect(recsys('data', 'describe', ...typed, ...columns.slice(0, 4), '--no-time')).toMatchObject({ status: 0 });
    const config = JSON.parse(configOf('moved/runs/ducks'));
    config.info.data.sql = `select * from '${data}'`;
    writeFileSync(join(root, 'moved/runs/ducks/config.json'), JSON.stringify(config));
    expect(recsys('evaluate', 'moved/runs/ducks')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('file system operations are disabled by configuration'),
    });
  });
});
