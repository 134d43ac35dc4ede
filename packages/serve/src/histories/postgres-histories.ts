import { assertKnownOptions } from '@recsys/errors';
import type { Id } from '@recsys/model';
import type { Pool } from 'pg';
import { ServeError } from '../errors.js';
import {
  asking,
  checkedMaxEvents,
  type History,
  type HistoryStore,
  loadClient,
  type UserEvent,
} from './history-store.js';

export interface PostgresHistoriesOptions {
  /** Most events of a user that are read, 1 .. 10,000. All are kept. Default 200. */
  maxEvents?: number | undefined;
  /** Name of the table, letters, digits and `_`. It is made if it is not there. Default `recsys_events`. */
  table?: string | undefined;
}

/**
 * Resolves to a store of histories in PostgreSQL, which several processes share and from which the next model can be trained. Needs the package `pg`.
 * Nothing is ever removed from its table.
 *
 * @param url such as `postgres://ann@localhost/shop`.
 * @throws {ServeError} `not-installed`, `bad-option`; `histories-unavailable` when the server does not answer.
 * @example
 * const histories = await postgresHistories('postgres://ann@localhost/shop');
 * const app = await createServer({ model: 'runs/movies', histories });
 */
export const postgresHistories = async (url: string, options: PostgresHistoriesOptions = {}): Promise<HistoryStore> => {
  const where = 'postgresHistories';
  assertKnownOptions(where, options, ['maxEvents', 'table'], { ErrorClass: ServeError });
  const maxEvents = checkedMaxEvents(where, options.maxEvents);
  const { table = 'recsys_events' } = options;
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(table))
    throw new ServeError(
      'bad-option',
      `${where}: table must have letters, digits and _ alone, got ${JSON.stringify(table)}`,
    );
  const { default: pg } = await loadClient('pg', () => import('pg'));
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    query_timeout: 2000,
    fallback_application_name: 'recsys',
    keepAlive: true,
  });
  pool.on('error', () => undefined); // a connection that waited broke; the next request takes another
  try {
    await asking('PostgreSQL', () => pool.query(createTable(table)));
  } catch (error) {
    await pool.end();
    throw error;
  }
  return new PostgresHistories(pool, { maxEvents, table });
};

/** The lock keeps two processes from making the table at once, which fails even with `if not exists`. */
const createTable = (table: string): string => `
  begin;
  select pg_advisory_xact_lock(hashtext('${table}'));
  create table if not exists ${table} (
    number bigint generated always as identity primary key,
    user_id text not null,
    item jsonb not null,
    time double precision not null,
    event_id text,
    unique (user_id, event_id)
  );
  create index if not exists ${table}_by_user on ${table} (user_id, time desc, number desc);
  commit`;

class PostgresHistories implements HistoryStore {
  readonly #pool: Pool;
  readonly #settings: { readonly maxEvents: number; readonly table: string };

  constructor(pool: Pool, settings: { maxEvents: number; table: string }) {
    this.#pool = pool;
    this.#settings = settings;
  }

  async append({ user, item, time, id }: UserEvent): Promise<boolean> {
    const text = `insert into ${this.#settings.table} (user_id, item, time, event_id) values ($1, $2, $3, $4) on conflict do nothing`;
    const values = [user, JSON.stringify(item), time, id ?? null];
    const { rowCount } = await asking('PostgreSQL', () => this.#pool.query(text, values));
    return rowCount === 1;
  }

  async historyOf(user: string): Promise<History> {
    const { table, maxEvents } = this.#settings;
    const text = `select item, time from ${table} where user_id = $1 order by time desc, number desc limit $2`;
    const { rows } = await asking('PostgreSQL', () =>
      this.#pool.query<{ item: Id; time: number }>(text, [user, maxEvents]),
    );
    rows.reverse();
    return { items: rows.map(({ item }) => item), times: rows.map(({ time }) => time) };
  }

  async check(): Promise<void> {
    await asking('PostgreSQL', () => this.#pool.query('select 1'));
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
