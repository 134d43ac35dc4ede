import { DataError } from '../errors.js';
import { commonField, itemNames } from '../read/column-names.js';
import { plainName } from '../times/index.js';
import type { ItemFeaturesOptions } from './feature-options.js';
import { categoriesOf, isMissing, listOf, numberOf } from './feature-values.js';
import type { FeatureLayout } from './item-features.js';

/** A column of the source and what is read from it. */
export type ChosenFeature =
  | { readonly kind: 'categories'; readonly column: string; readonly separator: string | undefined }
  | { readonly kind: 'number' | 'vector'; readonly column: string };

/** The first rows of a source, with a field per column. */
type SampleRows = readonly Readonly<Record<string, unknown>>[];

/** Separator of categories that needs no option: no one writes a single category with it. */
const commonSeparator = '|';

/**
 * Returns the column of item ids.
 * @throws {DataError} naming the columns there are, if it is not among them.
 */
export const itemColumnOf = (where: string, fields: readonly string[], item: string | undefined): string => {
  const column = item ?? commonField(fields, [...itemNames, 'id']);
  if (column !== undefined && fields.includes(column)) return column;
  throw missingColumn(where, fields, item === undefined ? 'no column that looks like the item' : `no column "${item}"`);
};

const missingColumn = (where: string, fields: readonly string[], what: string): DataError =>
  new DataError('bad-data', `${where} has ${what}; it has ${fields.map((field) => `"${field}"`).join(', ')}`);

/**
 * Returns the columns to read: those that are named, those of an earlier layout, or else those that look like features.
 * @throws {DataError} on a column that is not there, or when none looks like a feature.
 */
export const chooseFeatures = (
  where: string,
  { fields, item, sample }: { fields: readonly string[]; item: string; sample: SampleRows },
  options: ItemFeaturesOptions,
): ChosenFeature[] => {
  const { separators = {}, like } = options;
  const { categories, numbers, vectors } = like === undefined ? options : namesIn(like);
  const withSeparator = (column: string): ChosenFeature => {
    const given = Object.hasOwn(separators, column) ? separators[column] : undefined;
    const found = sample.some((row) => typeof row[column] === 'string' && isJoined(row[column])) && commonSeparator;
    return { kind: 'categories', column, separator: (given ?? found) || undefined };
  };
  const chosen: ChosenFeature[] =
    (categories ?? numbers ?? vectors) === undefined
      ? fields.filter((column) => column !== item).flatMap((column) => looksLike(column, sample, withSeparator))
      : [
          ...(categories ?? []).map(withSeparator),
          ...(numbers ?? []).map((column) => ({ kind: 'number' as const, column })),
          ...(vectors ?? []).map((column) => ({ kind: 'vector' as const, column })),
        ];
  for (const { column } of chosen)
    if (!fields.includes(column)) throw missingColumn(where, fields, `no column "${column}"`);
  const unused = Object.keys(separators).find((column) => !chosen.some((own) => own.column === column));
  if (unused !== undefined)
    throw new DataError('bad-option', `${where}: there is a separator of "${unused}", which is not read as categories`);
  if (chosen.length === 0)
    throw new DataError(
      'bad-data',
      `${where} has no column that looks like a feature among ${fields.map((field) => `"${field}"`).join(', ')}; name some by categories, numbers or vectors`,
    );
  return chosen;
};

const isJoined = (text: string): boolean => text.includes(commonSeparator) && !/^\s*\[/.test(text);

/** Returns the names of the columns of an earlier layout, by kind. */
const namesIn = ({ columns, dense }: FeatureLayout) => {
  const distinct = (isWanted: (column: FeatureLayout['columns'][number]) => boolean) => [
    ...new Set(columns.filter(isWanted).map(({ feature }) => feature)),
  ];
  return {
    categories: distinct(({ value }) => value !== undefined),
    numbers: distinct(({ value }) => value === undefined),
    vectors: dense.map(({ feature }) => feature),
  };
};

/** Returns what a column is by its first rows: nothing if it is like an id, or a text that says something else of each item. */
const looksLike = (
  column: string,
  sample: SampleRows,
  withSeparator: (column: string) => ChosenFeature,
): ChosenFeature[] => {
  const values = sample.map((row) => row[column]).filter((value) => !isMissing(value));
  if (values.length === 0) return [];
  const lists = values.map(listOf);
  if (lists.every((list) => list !== undefined && list.length > 0 && list.every(isNumber))) {
    const widths = new Set(lists.map((list) => list!.length));
    return widths.size === 1 ? [{ kind: 'vector', column }] : [];
  }
  if (values.every((value) => typeof value !== 'boolean' && isNumber(value)))
    return /ids?$/.test(plainName(column)) ? [] : [{ kind: 'number', column }];
  const feature = withSeparator(column);
  if (lists.some((list) => list?.some((element) => typeof element === 'object'))) return [];
  if (values.some((value, i) => typeof value === 'object' && lists[i] === undefined)) return [];
  const separator = feature.kind === 'categories' ? feature.separator : undefined;
  const all = values.flatMap((value) => categoriesOf(value, separator));
  return new Set(all).size <= all.length / 2 ? [feature] : [];
};

const isNumber = (value: unknown): boolean => {
  try {
    return typeof value !== 'object' && Number.isFinite(numberOf(value));
  } catch {
    return false;
  }
};
