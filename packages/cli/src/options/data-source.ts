import { existsSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { cachedDataset, DataError, datasets, type QueryRowsOptions } from '@recsys/data';
import { type Database, parseDatabase } from '@recsys/data/node';
import { UsageError } from '../errors.js';
import type { GivenOptions, OptionSpecs } from './options.js';

/** Where interactions come from: the path of a file or folder, a URL, `-` for standard input, or a query. */
export type DataSource = string | DatabaseQuery;

interface DatabaseQuery {
  readonly database: string;
  readonly sql: string;
  /** What a run directory holds may come from someone else: its query reads no other files, and its server gets no password in the clear. */
  readonly trust: Required<Pick<QueryRowsOptions, 'externalAccess' | 'scramOnly'>>;
}

/** A source as a run's `config.json` has it: paths are relative to the run directory, and there is no password. */
export type RecordedSource = string | { readonly database: string; readonly sql: string };

/** Flags that read a query in place of a file. */
export const databaseOptions = {
  database: {
    flags: '--database <url>',
    help: 'read the rows of --sql: postgres://user@host/database, with the password in PGPASSWORD, or a DuckDB file (.duckdb, or duckdb:PATH)',
    type: 'string',
  },
  sql: { flags: '--sql <query>', help: 'with --database: one select of user, item and time', type: 'string' },
} as const satisfies OptionSpecs;

/** Flags that say where the data of a run is now, if not where it was. */
export const runDataOptions = {
  data: { flags: '--data <file>', help: "the run's data, if it has moved; - is standard input", type: 'string' },
  database: {
    flags: '--database <url>',
    help: "the run's database, if it has moved or needs a password that is not in PGPASSWORD",
    type: 'string',
  },
  sql: { flags: '--sql <query>', help: "with --database: a query in place of the run's", type: 'string' },
} as const satisfies OptionSpecs;

type GivenDatabase = GivenOptions<typeof databaseOptions>;

/**
 * Returns the source that a command line names by an argument or by `--database` and `--sql`, or undefined if it names none.
 * @throws {UsageError} on both, or half of one.
 */
export const sourceOf = async (
  data: string | undefined,
  { database, sql }: GivenDatabase,
): Promise<DataSource | undefined> => {
  if ((database === undefined) !== (sql === undefined))
    throw new UsageError('usage', '--database and --sql go together');
  if (/^(postgres|postgresql|duckdb):/.test(data ?? ''))
    throw new UsageError('usage', 'a database is given by --database, with a query by --sql');
  if (database === undefined || sql === undefined) return data === '-' || data === undefined ? data : locateData(data);
  if (data !== undefined) throw new UsageError('usage', `give either ${data} or --database, not both`);
  openable(database);
  return { database, sql, trust: { externalAccess: true, scramOnly: false } };
};

/** Returns a source as messages show it, without a password. */
export const nameOf = (source: DataSource): string => {
  if (typeof source !== 'string') return openable(source.database).name;
  return source === '-' ? 'standard input' : source;
};

/** Returns the name of the dataset in a source: `ml-1m` for `../data/ml-1m.txt.gz`, `shop` for `postgres://localhost/shop`. */
export const datasetOf = (source: DataSource): string => {
  if (source === '-') return 'stdin';
  if (typeof source === 'string') return withoutExtensions(source);
  const parsed = openable(source.database);
  return parsed.kind === 'duckdb'
    ? withoutExtensions(parsed.name)
    : (parsed.database ?? 'postgres').replace(/[^\w.-]+/g, '-');
};

const withoutExtensions = (path: string): string => basename(path).replace(/(\.[a-z]+)+$/i, '');

/** Returns a source as a run keeps it. */
export const recordedSource = (runDirectory: string, source: DataSource): RecordedSource => {
  if (typeof source === 'string') return source === '-' ? source : relativeTo(runDirectory, source);
  const parsed = openable(source.database);
  const database = parsed.kind === 'duckdb' ? `duckdb:${relativeTo(runDirectory, parsed.name)}` : parsed.name;
  return { database, sql: source.sql };
};

/** Returns whether a value of a `config.json` is a source. */
export const isRecordedSource = (value: unknown): value is RecordedSource => {
  if (typeof value === 'string') return true;
  const { database, sql } = (value ?? {}) as Record<string, unknown>;
  return typeof database === 'string' && typeof sql === 'string';
};

/**
 * Returns the source of a run's data: the given one, else the one that it was trained on.
 * @throws {UsageError} when that was standard input, or not enough is given.
 */
export const sourceOfRun = (
  runDirectory: string,
  recorded: RecordedSource,
  { data, database, sql }: GivenOptions<typeof runDataOptions>,
): DataSource => {
  if (data !== undefined) {
    if ((database ?? sql) !== undefined) throw new UsageError('usage', 'give either --data or --database, not both');
    return data;
  }
  const own = typeof recorded === 'string' ? undefined : recorded;
  if ((database ?? sql) !== undefined || own !== undefined) {
    const query = { database: database ?? (own && movedWith(runDirectory, own.database)), sql: sql ?? own?.sql };
    if (query.database === undefined || query.sql === undefined)
      throw new UsageError(
        'usage',
        `${runDirectory}: was not trained on a database, so --database and --sql go together`,
      );
    openable(query.database);
    const trust = { externalAccess: sql !== undefined, scramOnly: database === undefined };
    return { database: query.database, sql: query.sql, trust };
  }
  if (recorded === '-')
    throw new UsageError(
      'usage',
      `${runDirectory}: was trained on standard input; give the same data by --data FILE, or by --data - on standard input`,
    );
  return isUrl(recorded as string) ? (recorded as string) : join(runDirectory, recorded as string);
};

/** Returns a recorded database, with the path of a file as it is from here. */
const movedWith = (runDirectory: string, database: string): string => {
  const parsed = openable(database);
  if (parsed.kind === 'postgres') return database;
  return `duckdb:${isAbsolute(parsed.name) ? parsed.name : join(runDirectory, parsed.name)}`;
};

/** @throws {UsageError} on a text that names no database. */
const openable = (database: string): Database => {
  try {
    return parseDatabase(database);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new UsageError('usage', `--database: ${error.problem}`);
  }
};

/** Returns a path relative to a directory, so that both can be moved together; a URL stays as it is. */
export const relativeTo = (directory: string, path: string): string => {
  if (isUrl(path)) return path;
  const from = relative(resolve(directory), resolve(path));
  return isAbsolute(from) ? path : from;
};

/** Returns the cache directory as an option: the given one, else `RECSYS_CACHE`, else none, which means the default. */
export const cacheOption = (given?: string): { cacheDirectory?: string } => {
  const cacheDirectory = given ?? process.env.RECSYS_CACHE;
  return cacheDirectory === undefined ? {} : { cacheDirectory };
};

/** Returns whether data is named by a URL, which no directory is put before. */
export const isUrl = (data: string): boolean => /^https?:\/\//i.test(data);

/**
 * Returns the path of data that may be named as `recsys data get` names it; a file of that name comes first.
 * @throws {UsageError} when it is not in the cache.
 */
const locateData = async (data: string): Promise<string> => {
  const dataset = datasets.find(({ name }) => name === data);
  if (dataset === undefined || existsSync(data)) return data;
  const path = await cachedDataset(dataset, cacheOption());
  if (path === undefined)
    throw new UsageError(
      'usage',
      `${data}: no such file, and the dataset is not in the cache. Download it with: recsys data get ${data}`,
    );
  return path;
};
