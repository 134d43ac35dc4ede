import { access, constants } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { DataError } from '../errors.js';
import type { Row } from '../read/index.js';
import { assertDistinctNames, loadDriver } from './load-driver.js';
import type { Database } from './parse-database.js';

type Driver = typeof import('@duckdb/node-api');

/** Yields the rows of a query on a DuckDB file, which is opened read-only. */
export async function* duckdbRows(
  { name }: Extract<Database, { kind: 'duckdb' }>,
  sql: string,
  { externalAccess }: { externalAccess: boolean },
): AsyncGenerator<Row, void, undefined> {
  const driver = await loadDriver<Driver>('@duckdb/node-api', 'reading from DuckDB');
  const { connection, close } = await open(driver, name, externalAccess);
  try {
    const result = await start(driver, connection, { name, sql });
    const names = result.columnNames();
    assertDistinctNames(name, names);
    const convert = converter(driver);
    for (let rows = await nextRows(name, result); rows !== undefined; rows = await nextRows(name, result))
      for (const row of rows) yield Object.fromEntries(row.map((value, i) => [names[i], convert(value)]));
  } finally {
    close();
  }
}

const open = async (
  { DuckDBInstance }: Driver,
  path: string,
  externalAccess: boolean,
): Promise<{ connection: DuckDBConnection; close: () => void }> => {
  const cannotOpen = (cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOENT' ? 'no such file' : `cannot be opened: ${cause.message}`;
    throw new DataError('cannot-open', `${path}: ${problem}`, { cause });
  };
  await access(path, constants.R_OK).catch(cannotOpen);
  const settings = { access_mode: 'READ_ONLY', enable_external_access: String(externalAccess) };
  const instance = await DuckDBInstance.create(path, settings).catch(cannotOpen);
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
};

/** Starts a query, which must be one that only reads. */
const start = async (
  { StatementType }: Driver,
  connection: DuckDBConnection,
  { name, sql }: { name: string; sql: string },
): Promise<DuckDBResult> => {
  const refuse = (cause: Error) => failed(name, cause);
  const statements = await connection.extractStatements(sql).catch(refuse);
  const query = statements.count === 1 ? await statements.prepare(0).catch(refuse) : undefined;
  if (query?.statementType !== StatementType.SELECT)
    throw new DataError('query-failed', `${name}: the query must be one select`);
  return query.stream().catch(refuse);
};

const nextRows = async (name: string, result: DuckDBResult): Promise<DuckDBValue[][] | undefined> => {
  const chunk = await result.fetchChunk().catch((cause) => failed(name, cause));
  return chunk === null || chunk.rowCount === 0 ? undefined : chunk.getRows();
};

const failed = (name: string, cause: Error): never => {
  const [message] = cause.message.replace('Failed to extract statements: ', '').split('\n');
  throw new DataError('query-failed', `${name}: the query failed: ${message}`, { cause });
};

/** Returns a function that turns a value of DuckDB into one of JavaScript, without rounding. */
const converter = (driver: Driver): ((value: DuckDBValue) => unknown) => {
  const {
    DuckDBTimestampValue,
    DuckDBTimestampTZValue,
    DuckDBTimestampSecondsValue,
    DuckDBTimestampMillisecondsValue,
    DuckDBTimestampNanosecondsValue,
    DuckDBBlobValue,
  } = driver;
  return (value) => {
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
      return isoTime(value, value.micros, 6);
    if (value instanceof DuckDBTimestampSecondsValue) return isoTime(value, value.seconds, 0);
    if (value instanceof DuckDBTimestampMillisecondsValue) return isoTime(value, value.millis, 3);
    if (value instanceof DuckDBTimestampNanosecondsValue) return isoTime(value, value.nanos, 9);
    return value instanceof DuckDBBlobValue ? value.bytes : String(value);
  };
};

/** Returns a count of units since 1970 as ISO 8601, with as many decimals as it has: 6 for microseconds. */
const isoTime = (value: { isFinite: boolean }, count: bigint, decimals: number): string => {
  if (!value.isFinite) return String(value);
  const unit = 10n ** BigInt(decimals);
  const rest = ((count % unit) + unit) % unit;
  const date = new Date(Number((count - rest) / unit) * 1000);
  if (Number.isNaN(date.getTime())) return String(value);
  const fraction = String(rest).padStart(decimals, '0').replace(/0+$/, '');
  return date.toISOString().replace('.000Z', fraction === '' || decimals === 0 ? 'Z' : `.${fraction}Z`);
};
