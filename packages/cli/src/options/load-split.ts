import {
  type Id,
  type InteractionFormat,
  type InteractionSource,
  type Interactions,
  kCore,
  minRating as keepRated,
  queryRows,
  readInteractions,
  type Split,
  toSequences,
  type UserSequences,
} from '@recsys/data';
import { UsageError } from '../errors.js';
import type { DataOptions } from './data-options.js';
import { type DataSource, datasetOf } from './data-source.js';
import { preparedAt, readPreparedData } from './prepared.js';
import { type DataOrder, orderOf } from './report-order.js';
import { choose, type SplitOptions, splitAs } from './split-options.js';

export interface LoadedSplit {
  readonly split: Split;
  /** Name of the dataset: that of the file without its extensions, or of the database. */
  readonly dataset: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly medianLength: number;
  readonly skipped: number;
  readonly order: DataOrder;
}

/** Reads a file, standard input or the rows of a query as the flags say. */
export const readData = async (source: DataSource, options: DataOptions): Promise<Interactions> => {
  if ((await preparedAt(source)) !== undefined)
    throw new UsageError('usage', `${source}: is a prepared directory; it can be trained and evaluated on as it is`);
  return readRows(source, options);
};

const readRows = async (source: DataSource, options: DataOptions): Promise<Interactions> => {
  const { user, item, time, rating, format, entry, onError, minRating, kCore: minInteractions, kCorePasses } = options;
  if (typeof source !== 'string' && (format ?? entry) !== undefined)
    throw new UsageError('usage', '--format and --entry are for files, not for --database');
  const columns = {
    ...(user !== undefined && { user }),
    ...(item !== undefined && { item }),
    ...(time !== undefined && { timestamp: time }),
    ...(rating !== undefined && { rating }),
  };
  const read = await readInteractions(opened(source), {
    columns,
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

const opened = (source: DataSource): InteractionSource => {
  if (typeof source === 'string') return source === '-' ? process.stdin : source;
  const { database, sql, trust } = source;
  return queryRows(database, sql, trust);
};

/**
 * Reads a source and splits it as the flags say.
 * @param items ids of items to have in the catalog even if the source does not have them.
 */
export const loadSplit = async (
  source: DataSource,
  options: DataOptions & SplitOptions,
  items?: readonly Id[],
): Promise<LoadedSplit> => {
  const read = await readSequences(source, options, items);
  const sequences = choose(read.sequences, options);
  const lengths = Uint32Array.from(sequences.ends, (end, row) => end - sequences.offsets[row]).sort();
  return {
    split: splitAs(sequences, options),
    dataset: datasetOf(source),
    users: sequences.users.ids.length,
    items: sequences.catalog.ids.length,
    interactions: sequences.items.length,
    medianLength: lengths[lengths.length >> 1],
    skipped: read.skipped,
    order: read.order(sequences),
  };
};

/** Reads the sequences of a source, which may be a prepared directory. */
const readSequences = async (source: DataSource, options: DataOptions, items: readonly Id[] | undefined) => {
  const prepared = await preparedAt(source);
  if (prepared !== undefined) {
    const { order, ...read } = await readPreparedData(prepared, options, items);
    return { ...read, order: () => order };
  }
  const interactions = await readRows(source, options);
  return {
    sequences: toSequences(interactions, { items }),
    skipped: interactions.skipped,
    order: (chosen: UserSequences) => orderOf(interactions, chosen),
  };
};
