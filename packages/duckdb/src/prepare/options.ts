import type { InteractionColumns } from '@recsys/data';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { PrepareError } from '../errors.js';

/** Which interactions are kept. */
export interface PrepareFilters {
  /** A condition of SQL on the columns of the source, such as `event = 'purchase'`. Columns of CSV are text. */
  where?: string | undefined;
  /** Lowest rating to keep. */
  minRating?: number | undefined;
  /** Start of a range of times, inclusive, in the unit of the source: milliseconds since 1970 for ISO 8601 and dates. */
  from?: number | undefined;
  /** End of that range, exclusive. */
  to?: number | undefined;
}

/** What is being done. */
export interface PrepareProgress {
  readonly step: 'reading' | 'ids' | 'k-core' | 'numbering' | 'sorting' | 'writing';
  /** Interactions that are left. */
  readonly interactions?: number;
  /** Of `k-core`: number of the pass, from 1. Of `writing`: shards that are written. */
  readonly done?: number;
  /** Of `writing`: shards. */
  readonly total?: number;
}

/** Options of `prepare`. */
export interface PrepareOptions {
  /**
   * The source: a file, a folder of files, a pattern such as `events/*.parquet`, or a list of files: Parquet, CSV with a header, TSV, or JSON. Or a
   * database: `shop.duckdb`, `sqlite:shop.db`, `postgres://ann@host/shop`.
   */
  from: string | readonly string[];
  /** The directory to write. */
  out: string;
  /** Table of a database, such as `events` or `public.events`. */
  table?: string | undefined;
  /** Format of the files. Default: by the extension of the first. */
  format?: 'parquet' | 'csv' | 'tsv' | 'json' | undefined;
  /** Columns of user, item, timestamp and rating, as in `readInteractions`. Default: columns with common names. */
  columns?: InteractionColumns | undefined;
  /** Default: all interactions are kept. */
  filters?: PrepareFilters | undefined;
  /** Fewest interactions of a user or item to keep, >= 1: the k-core. Default 1. */
  minInteractions?: number | undefined;
  /** `until-stable` repeats the removal until every user and item has enough; `single` removes once. Default `until-stable`. */
  passes?: 'until-stable' | 'single' | undefined;
  /** What to do with a row that is no interaction: fail (`throw`), or skip and count it (`skip`). Default `throw`. */
  onError?: 'throw' | 'skip' | undefined;
  /** Number of shards, >= 1. Default: one for each 4 million interactions. */
  shards?: number | undefined;
  /** Memory that DuckDB may use, such as `4GB`; Node itself needs some 100 MB more. Default: 80 % of the memory of the machine. */
  memory?: string | undefined;
  /** Threads of DuckDB, >= 1. Default: as many as there are cores. */
  threads?: number | undefined;
  /** Whether to replace a prepared directory at `out`. Default false. */
  overwrite?: boolean | undefined;
  /** Called at each step. */
  onProgress?: ((progress: PrepareProgress) => void) | undefined;
}

const optionNames: readonly (keyof PrepareOptions)[] = [
  'from',
  'out',
  'table',
  'format',
  'columns',
  'filters',
  'minInteractions',
  'passes',
  'onError',
  'shards',
  'memory',
  'threads',
  'overwrite',
  'onProgress',
];

const choices = {
  format: ['parquet', 'csv', 'tsv', 'json'],
  passes: ['until-stable', 'single'],
  onError: ['throw', 'skip'],
} as const;

/** @throws {PrepareError} `bad-option`. */
export const assertPrepareOptions = (options: PrepareOptions): void => {
  const ErrorClass = PrepareError;
  assertKnownOptions('prepare', options, optionNames, { ErrorClass });
  const { from, out, minInteractions, shards, threads, memory, filters = {}, columns = {} } = options;
  assertKnownOptions('prepare: filters', filters, ['where', 'minRating', 'from', 'to'], { ErrorClass });
  assertKnownOptions('prepare: columns', columns, ['user', 'item', 'timestamp', 'rating'], { ErrorClass });
  for (const [name, value] of Object.entries({ minInteractions, shards, threads }))
    if (value !== undefined) assertInteger('prepare', name, value, { minimum: 1, ErrorClass });
  for (const [name, known] of Object.entries(choices)) {
    const value = options[name as keyof typeof choices];
    if (value !== undefined && !(known as readonly string[]).includes(value))
      throw new PrepareError('bad-option', `prepare: ${name} must be one of ${known.join(', ')}, got ${String(value)}`);
  }
  for (const [name, value] of Object.entries({ from, out }))
    if (value === undefined || value.length === 0)
      throw new PrepareError('bad-option', `prepare: ${name} must be given`);
  for (const name of ['minRating', 'from', 'to'] as const)
    if (filters[name] !== undefined && !Number.isFinite(filters[name]))
      throw new PrepareError('bad-option', `prepare: filters.${name} must be a number, got ${filters[name]}`);
  if (memory !== undefined && !/^\d+(\.\d+)? ?[KMGT]i?B$/i.test(memory))
    throw new PrepareError('bad-option', `prepare: memory must be a size such as 4GB, got ${memory}`);
};
