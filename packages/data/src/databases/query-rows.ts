import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { Row } from '../read/index.js';
import { duckdbRows } from './duckdb.js';
import { parseDatabase } from './parse-database.js';
import { postgresRows } from './postgres.js';

/** Options of `queryRows`. */
export interface QueryRowsOptions {
  /** Number of rows that PostgreSQL sends at a time, >= 1. Default 5000. DuckDB has parts of its own size. */
  fetchSize?: number;
  /** Whether a query of DuckDB may also use other files, and load extensions. Default false: it may use the tables of the database alone. */
  externalAccess?: boolean;
  /**
   * Whether to refuse a PostgreSQL server that asks for the password itself or its MD5 hash: one that only pretends to be yours would learn it. By SCRAM,
   * the default of PostgreSQL since version 14, it would not. Set it where the URL comes from someone else. Default false.
   */
  scramOnly?: boolean;
}

/** What `index.ts` documents. */
export async function* queryRows(
  database: string,
  sql: string,
  options: QueryRowsOptions = {},
): AsyncGenerator<Row, void, undefined> {
  assertKnownOptions('queryRows', options, ['fetchSize', 'externalAccess', 'scramOnly'], { ErrorClass: DataError });
  const { fetchSize = 5000, externalAccess = false, scramOnly = false } = options;
  assertInteger('queryRows', 'fetchSize', fetchSize, { minimum: 1, ErrorClass: DataError });
  if (typeof sql !== 'string' || sql.trim() === '') throw new DataError('bad-option', 'queryRows: the query is empty');
  const parsed = parseDatabase(database);
  if (parsed.kind === 'postgres') yield* postgresRows(parsed, sql, { fetchSize, scramOnly });
  else yield* duckdbRows(parsed, sql, { externalAccess });
}
