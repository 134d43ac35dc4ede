// The rows of a SQL query. The drivers are optional packages, and need Node; they are loaded by the first query.
import type { Row } from '../read/index.js';
import type { QueryRowsOptions } from './query-rows.js';

export type { QueryRowsOptions } from './query-rows.js';

/**
 * Yields the rows of a SQL query, one object per row. They are read a part at a time, so memory does not grow with the result. The database is only
 * read: PostgreSQL in a read-only transaction, a DuckDB file opened read-only. The connection is closed after the last row, or when the loop ends
 * early.
 *
 * Values are exact. 64-bit and larger integers are bigints, decimals are text. Times are ISO 8601 text with all their digits, such as
 * `2026-10-01T12:30:00.123456Z`; a time without a time zone is taken as UTC. Dates are text such as `2026-10-01`. UUIDs are text.
 *
 * PostgreSQL needs the package `pg`, DuckDB the package `@duckdb/node-api`: `npm install pg`.
 *
 * @param database a URL `postgres://user@host:port/database`, or the path of a DuckDB file: one that ends with `.duckdb`, or `duckdb:PATH`. The
 *   password of PostgreSQL is in the URL or in the environment variable `PGPASSWORD`.
 * @param sql one `select`.
 * @throws {DataError} `not-installed` without the package; `cannot-open` on a server that does not answer, a wrong password or a missing file;
 *   `query-failed` on a bad query, or one with two columns of one name; `connection-lost` if the connection breaks while rows are read; `bad-option`
 *   on an unknown option or a bad URL. No message has a password.
 * @example
 * const rows = queryRows('postgres://ann@db.example.org/shop', 'select user_id, product_id, bought_at from orders');
 * const orders = await readInteractions(rows, {
 *   columns: { user: 'user_id', item: 'product_id', timestamp: 'bought_at' },
 * });
 */
export async function* queryRows(
  database: string,
  sql: string,
  options: QueryRowsOptions = {},
): AsyncGenerator<Row, void, undefined> {
  yield* (await import('./node.js')).queryRows(database, sql, options);
}
