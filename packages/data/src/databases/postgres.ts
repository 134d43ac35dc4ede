import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client, CustomTypesConfig, QueryConfig, QueryResult } from 'pg';
import { DataError } from '../errors.js';
import type { Row } from '../read/index.js';
import { assertDistinctNames, loadDriver } from './load-driver.js';
import type { Database } from './parse-database.js';

/** How long a server may take to answer at first, in ms. */
const connectTimeout = 30_000;

/** A cursor in SQL takes one `select` and nothing else: no second statement, no `copy`. */
const declareCursor = 'declare recsys_rows no scroll cursor for ';

/** Yields the rows of a query, read by a cursor in a read-only transaction. */
export async function* postgresRows(
  { name, url }: Extract<Database, { kind: 'postgres' }>,
  sql: string,
  { fetchSize, scramOnly }: { fetchSize: number; scramOnly: boolean },
): AsyncGenerator<Row, void, undefined> {
  const client = await connect(name, url, scramOnly);
  // A connection may break while no query runs; the next query reports why. Without a listener, the process would end.
  let broken: Error | undefined;
  client.on('error', (error) => {
    broken ??= error;
  });
  const run = async (text: string): Promise<QueryResult<Row>> => {
    // The extended protocol takes one statement at a time.
    const query: QueryConfig & { queryMode: 'extended' } = { text, types, queryMode: 'extended' };
    try {
      return await client.query<Row>(query);
    } catch (cause) {
      throw queryError(
        name,
        broken ?? (cause as ServerError),
        text.startsWith(declareCursor) ? declareCursor.length : 0,
      );
    }
  };
  try {
    await run('begin read only');
    await run("set local datestyle = 'ISO'");
    await run('set local cursor_tuple_fraction = 1'); // plan for all rows, not for the first
    await run(`${declareCursor}${sql}`);
    let isFirst = true;
    for (;;) {
      const { rows, fields } = await run(`fetch ${fetchSize} from recsys_rows`);
      if (isFirst)
        assertDistinctNames(
          name,
          fields.map((field) => field.name),
        );
      isFirst = false;
      yield* rows;
      if (rows.length < fetchSize) return;
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

const connect = async (name: string, url: string, scramOnly: boolean): Promise<Client> => {
  const { default: pg } = await loadDriver<typeof import('pg')>('pg', 'reading from PostgreSQL');
  let client: Client | undefined;
  try {
    client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeout,
      fallback_application_name: 'recsys',
      keepAlive: true,
    });
    if (scramOnly) refuseWeakLogin(client);
    await client.connect();
    return client;
  } catch (cause) {
    client?.end().catch(() => undefined); // an open socket would keep the process alive
    throw new DataError('cannot-open', `${name}: cannot be opened: ${connectProblem(cause as Error)}`, { cause });
  }
};

/** Ends the connection before a password or its MD5 hash is sent. */
const refuseWeakLogin = (client: Client): void => {
  // Not in the types: the connection, which tells how the server wants to be logged in to.
  const { connection } = client as unknown as { connection: EventEmitter & { stream: Duplex } };
  for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password'])
    connection.on(event, () =>
      connection.stream.destroy(new Error('the server does not log in by SCRAM, and would learn the password')),
    );
};

/** Returns why a server cannot be reached. Node leaves the message empty if it tried several addresses. */
const connectProblem = (error: Error): string => {
  if (/^SASL: .*password must be/.test(error.message))
    return 'the server asks for a password; put it into the URL or into PGPASSWORD';
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((own: Error) => own.message).join(', ');
  return error.message;
};

/** What PostgreSQL says of an error, beside its message. */
interface ServerError extends Error {
  readonly code?: string;
  readonly hint?: string;
  readonly position?: string;
}

/** Returns the error of a query: that of the connection, unless the server has answered. */
const queryError = (name: string, cause: ServerError, prefix: number): DataError => {
  const { code = '', message, hint, position } = cause;
  const isAnswer = /^[0-9A-Z]{5}$/.test(code);
  // Class 08: connection exceptions; 57P: the server shuts down, or an administrator ends the connection.
  if (!isAnswer || /^(08|57P)/.test(code))
    return new DataError('connection-lost', `${name}: the connection was lost: ${message}`, { cause });
  const place = position === undefined ? '' : ` at character ${Math.max(1, Number(position) - prefix)}`;
  const advice = hint === undefined ? '' : ` (${hint})`;
  return new DataError('query-failed', `${name}: the query failed: ${message}${place}${advice}`, { cause });
};

/** Numbers of types in `pg_type`, which never change. */
const oid = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
};

/** Returns a time as ISO 8601, with all its digits: `2026-10-01 12:30:00.123456+00` as `2026-10-01T12:30:00.123456Z`. */
const isoTime = (text: string): string => {
  const [, day, time, sign, hours, minutes = '00'] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-])(\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
  if (day === undefined) return text; // infinity, years before 1 and above 9999
  const isUtc = sign === undefined || `${hours}${minutes}` === '0000';
  return `${day}T${time}${isUtc ? 'Z' : `${sign}${hours}:${minutes}`}`;
};

/** How text of each type is read, in these queries alone. Types that are not listed stay text: numeric, uuid, date, … */
const parsers = new Map<number, (text: string) => unknown>([
  [oid.bool, (text) => text === 't'],
  [oid.int8, BigInt],
  ...[oid.int2, oid.int4, oid.oid, oid.float4, oid.float8].map((type) => [type, Number] as const),
  ...[oid.timestamp, oid.timestamptz].map((type) => [type, isoTime] as const),
]);

const types: CustomTypesConfig = { getTypeParser: (type: number) => parsers.get(type) ?? ((text: string) => text) };
