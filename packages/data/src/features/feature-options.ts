import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { FeatureLayout } from './item-features.js';

/** Options of `itemFeatures` and `readItemFeatures`. */
export interface ItemFeaturesOptions {
  /** Name of the column of item ids. Default: a common name such as `itemId`, `movieId` or `asin`, or else `id`. */
  item?: string | undefined;
  /**
   * Columns of categories: one value, several in a text with a separator, or an array. If `categories`, `numbers` and `vectors` are all absent,
   * the columns are chosen by their first 1,000 rows, as `readItemFeatures` describes.
   */
  categories?: readonly string[] | undefined;
  /** By column, what is between several categories in a text; `false`: the text is one category. Default `|` where a text has one. */
  separators?: Readonly<Record<string, string | false>> | undefined;
  /** Columns of numbers. An item without one has 0 after standardization: the mean. */
  numbers?: readonly string[] | undefined;
  /** Columns of vectors, all of one width: arrays of numbers, or text such as `[0.5, -1]` or `0.5 -1`. An item without one has zeros. */
  vectors?: readonly string[] | undefined;
  /**
   * Features, or the layout of those that a model was trained with: `model.config.features`. The result has the same columns, numbers are
   * standardized by the same mean and deviation, and unknown categories are ignored. Instead of `categories`, `numbers` and `vectors`.
   */
  like?: FeatureLayout | undefined;
  /** What to do when an item comes again: fail (`throw`, the default), or keep what came first (`first`). */
  onDuplicate?: 'throw' | 'first' | undefined;
}

export const featureOptionNames: readonly (keyof ItemFeaturesOptions)[] = [
  'item',
  'categories',
  'separators',
  'numbers',
  'vectors',
  'like',
  'onDuplicate',
];

/** @throws {DataError} `bad-option` on an option that is unknown or contradicts another one. */
export const assertFeatureOptions = (where: string, options: object, known: readonly string[]): void => {
  assertKnownOptions(where, options, known, { ErrorClass: DataError });
  const { categories, separators, numbers, vectors, like, onDuplicate = 'throw' } = options as ItemFeaturesOptions;
  const refuse = (problem: string): never => {
    throw new DataError('bad-option', `${where}: ${problem}`);
  };
  for (const [name, list] of Object.entries({ categories, numbers, vectors })) {
    if (list === undefined) continue;
    if (!Array.isArray(list) || !list.every((column) => typeof column === 'string'))
      refuse(`${name} must be a list of column names, got ${JSON.stringify(list)}`);
    if (like !== undefined) refuse(`give either like or ${name}, not both`);
  }
  const named = [categories, numbers, vectors].flatMap((list) => list ?? []);
  const twice = named.find((column, i) => named.indexOf(column) !== i);
  if (twice !== undefined) refuse(`column "${twice}" is named twice`);
  for (const [column, separator] of Object.entries(separators ?? {}))
    if (separator !== false && (typeof separator !== 'string' || separator === ''))
      refuse(`the separator of "${column}" must be text or false, got ${JSON.stringify(separator)}`);
  if (onDuplicate !== 'throw' && onDuplicate !== 'first')
    refuse(`onDuplicate must be throw or first, got ${String(onDuplicate)}`);
};
