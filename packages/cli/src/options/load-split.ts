import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import {
  cachedDataset,
  datasets,
  type InteractionFormat,
  type Interactions,
  kCore,
  minRating as keepRated,
  leaveOneOut,
  readInteractions,
  type Split,
  toSequences,
} from '@recsys/data';
import { UsageError } from '../errors.js';
import type { GivenOptions, OptionSpecs } from './options.js';

/** Flags that say what is in a data file. */
export const dataOptions = {
  user: { flags: '--user <column>', help: 'column of user ids (CSV, TSV)', type: 'string' },
  item: { flags: '--item <column>', help: 'column of item ids', type: 'string' },
  time: { flags: '--time <column>', help: 'column of timestamps', type: 'string' },
  rating: { flags: '--rating <column>', help: 'column of ratings, to be read too', type: 'string' },
  format: {
    flags: '--format <name>',
    help: 'file format (default: told from its first bytes or line)',
    type: 'string',
    choices: [
      'text',
      'csv',
      'tsv',
      'movielens',
      'recbole',
      'amazon-ratings',
      'jsonl',
      'python-literals',
      'parquet',
      'arrow',
    ],
  },
  member: { flags: '--member <name>', help: 'file to read in a zip archive (default: the only one)', type: 'string' },
  onError: {
    flags: '--on-error <what>',
    help: 'what to do with a bad line',
    type: 'string',
    choices: ['throw', 'skip'],
  },
  minRating: {
    flags: '--min-rating <n>',
    help: 'keep interactions rated at least n (default: all, whatever the rating)',
    type: 'number',
  },
  kCore: {
    flags: '--k-core <n>',
    help: 'keep users and items with at least n interactions (default: all)',
    type: 'number',
  },
  kCorePasses: {
    flags: '--k-core-passes <how>',
    help: "repeat the k-core until stable, or a single time as in the paper's data",
    type: 'string',
    choices: ['until-stable', 'single'],
  },
} as const satisfies OptionSpecs;

/** How a run's data file was read; kept in its `config.json`. */
export type DataOptions = GivenOptions<typeof dataOptions>;

export interface LoadedSplit {
  readonly split: Split;
  /** Name of the dataset: the file's without its endings. */
  readonly dataset: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly medianLength: number;
  readonly skipped: number;
}

/** Returns where datasets are cached: as given, as `RECSYS_CACHE` says, or the default. */
export const cacheOption = (given?: string): { cacheDirectory?: string } => {
  const cacheDirectory = given ?? process.env.RECSYS_CACHE;
  return cacheDirectory === undefined ? {} : { cacheDirectory };
};

/**
 * Returns the path of data that may be named as `recsys data get` names it; a file of that name comes first.
 * @throws {UsageError} when it is not in the cache.
 */
export const locateData = async (data: string): Promise<string> => {
  const dataset = datasets.find(({ name }) => name === data);
  if (dataset === undefined || existsSync(data)) return data;
  const path = await cachedDataset(dataset, cacheOption());
  if (path === undefined)
    throw new UsageError(
      'usage',
      `${data}: no such file, and the dataset is not in the cache. Get it by recsys data get ${data}`,
    );
  return path;
};

/** Reads a file as the flags say. */
export const readData = async (path: string, options: DataOptions): Promise<Interactions> => {
  const { user, item, time, rating, format, member, onError, minRating, kCore: minInteractions, kCorePasses } = options;
  if ((user === undefined) !== (item === undefined) || ((time ?? rating) !== undefined && user === undefined)) {
    throw new UsageError('usage', '--user and --item go together, and --time and --rating need both');
  }
  const columns =
    user === undefined
      ? undefined
      : { user, item: item!, ...(time !== undefined && { timestamp: time }), ...(rating !== undefined && { rating }) };
  const read = await readInteractions(path, {
    ...(columns && { columns }),
    ...(format && { format: format as InteractionFormat }),
    ...(member && { member }),
    ...(onError && { onError }),
    ...(minRating !== undefined && { ratings: true }),
  });
  const rated = minRating === undefined ? read : keepRated(read, { min: minRating });
  return minInteractions === undefined
    ? rated
    : kCore(rated, { minInteractions, ...(kCorePasses && { passes: kCorePasses }) });
};

/** Reads a file into a leave-one-out split. */
export const loadSplit = async (path: string, options: DataOptions): Promise<LoadedSplit> => {
  const interactions = await readData(path, options);
  const sequences = toSequences(interactions);
  const lengths = Uint32Array.from(sequences.ends, (end, row) => end - sequences.offsets[row]!).sort();
  return {
    split: leaveOneOut(sequences),
    dataset: datasetOf(path),
    users: sequences.users.ids.length,
    items: sequences.catalog.ids.length,
    interactions: sequences.items.length,
    medianLength: lengths[lengths.length >> 1]!,
    skipped: interactions.skipped,
  };
};

/** Returns the name of the dataset in a file: `ml-1m` for `../data/ml-1m.txt.gz`. */
export const datasetOf = (path: string): string => basename(path).replace(/(\.[a-z]+)+$/i, '');
