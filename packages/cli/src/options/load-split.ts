import { basename } from 'node:path';
import {
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
import type { DataOptions } from './data-options.js';

export interface LoadedSplit {
  readonly split: Split;
  /** Name of the dataset: the file name without its extensions. */
  readonly dataset: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly medianLength: number;
  readonly skipped: number;
}

/** Reads a file as the flags say. */
export const readData = async (path: string, options: DataOptions): Promise<Interactions> => {
  const { user, item, time, rating, format, entry, onError, minRating, kCore: minInteractions, kCorePasses } = options;
  if ((user === undefined) !== (item === undefined) || ((time ?? rating) !== undefined && user === undefined)) {
    throw new UsageError('usage', '--user and --item go together; --time and --rating need both');
  }
  const columns =
    user === undefined
      ? undefined
      : { user, item: item!, ...(time !== undefined && { timestamp: time }), ...(rating !== undefined && { rating }) };
  const read = await readInteractions(path, {
    ...(columns && { columns }),
    ...(format && { format: format as InteractionFormat }),
    ...(entry && { entry }),
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
  const lengths = Uint32Array.from(sequences.ends, (end, row) => end - sequences.offsets[row]).sort();
  return {
    split: leaveOneOut(sequences),
    dataset: datasetOf(path),
    users: sequences.users.ids.length,
    items: sequences.catalog.ids.length,
    interactions: sequences.items.length,
    medianLength: lengths[lengths.length >> 1],
    skipped: interactions.skipped,
  };
};

/** Returns the name of the dataset in a file: `ml-1m` for `../data/ml-1m.txt.gz`. */
const datasetOf = (path: string): string => basename(path).replace(/(\.[a-z]+)+$/i, '');
