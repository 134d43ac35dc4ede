import { join } from 'node:path';
import { type ItemFeatures, readItemFeatures } from '@recsys/data';
import { UsageError } from '../errors.js';
import { isUrl, relativeTo } from './data-source.js';
import { type GivenOptions, type OptionSpecs, pickOptions } from './options.js';

/** Flags that say what is in a file of items. */
const columnOptions = {
  itemId: {
    flags: '--item-id <column>',
    help: 'with --items: column of item ids (default: a common name)',
    type: 'string',
  },
  itemCategories: {
    flags: '--item-categories <columns>',
    help: 'with --items: columns of categories, such as genres,maker (default, if none is named: by the values)',
    type: 'string',
  },
  itemSeparator: {
    flags: '--item-separator <text>',
    help: 'with --item-categories: what is between several categories in a text (default |)',
    type: 'string',
  },
  itemNumbers: { flags: '--item-numbers <columns>', help: 'with --items: columns of numbers', type: 'string' },
  itemVectors: {
    flags: '--item-vectors <columns>',
    help: 'with --items: columns of vectors that were made elsewhere',
    type: 'string',
  },
} as const satisfies OptionSpecs;

/** Flags of item features. */
export const itemOptions = {
  items: {
    flags: '--items <file>',
    help: 'file of items with their features, by which new items are recommended: CSV, TSV, JSON lines or Parquet',
    type: 'string',
  },
  ...columnOptions,
} as const satisfies OptionSpecs;

/** A file of items as a run keeps it: its path from the run directory, and how it was read. (A type, not an interface: those are not JSON to TypeScript.) */
export type RecordedItems = {
  readonly path: string;
  readonly options: GivenOptions<typeof columnOptions>;
};

/**
 * Returns the features in the file that `--items` names; undefined without one.
 * @throws {UsageError} on another flag of items alone.
 */
export const readItems = async (given: GivenOptions<typeof itemOptions>): Promise<ItemFeatures | undefined> => {
  const { items, itemId, itemCategories, itemSeparator, itemNumbers, itemVectors } = given;
  if (items === undefined) {
    const [key] = Object.keys(pickOptions(columnOptions, given));
    if (key !== undefined) throw new UsageError('usage', `${columnOptions[key as 'itemId'].flags} needs --items`);
    return undefined;
  }
  if (itemSeparator !== undefined && itemCategories === undefined)
    throw new UsageError('usage', '--item-separator needs --item-categories');
  const names = (list: string | undefined) => list?.split(',').map((name) => name.trim());
  const categories = names(itemCategories);
  return readItemFeatures(items, {
    item: itemId,
    categories,
    numbers: names(itemNumbers),
    vectors: names(itemVectors),
    ...(itemSeparator !== undefined && {
      separators: Object.fromEntries(categories!.map((column) => [column, itemSeparator])),
    }),
  });
};

/** Returns what a run keeps of the flags. */
export const recordedItems = (
  runDirectory: string,
  given: GivenOptions<typeof itemOptions>,
): RecordedItems | undefined =>
  given.items === undefined
    ? undefined
    : { path: relativeTo(runDirectory, given.items), options: pickOptions(columnOptions, given) };

/** Returns where the file of items of a run is. */
export const pathOfItems = (runDirectory: string, { path }: RecordedItems): string =>
  isUrl(path) ? path : join(runDirectory, path);

/** Returns the features that a run was trained with, read again. */
export const readItemsOfRun = (
  runDirectory: string,
  recorded: RecordedItems | undefined,
): Promise<ItemFeatures | undefined> =>
  readItems(
    recorded === undefined
      ? {}
      : {
          ...recorded.options,
          items: pathOfItems(runDirectory, recorded),
        },
  );
