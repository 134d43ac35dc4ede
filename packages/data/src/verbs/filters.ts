import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { encodeColumn } from '../table/id-column.js';
import { Interactions } from '../table/interactions.js';
import { keepRows } from '../table/keep-rows.js';

/**
 * Returns the interactions in a range of times.
 *
 * @param options.from start of the range, inclusive, in the unit of the source. Default: no limit.
 * @param options.to end of the range, exclusive. Default: no limit.
 * @throws {DataError} on an unknown option, when there are no timestamps, or when no interaction is left.
 * @example
 * const of2023 = timeRange(ratings, { from: Date.UTC(2023, 0) / 1000, to: Date.UTC(2024, 0) / 1000 });
 */
export const timeRange = (
  interactions: Interactions,
  options: { from?: number | undefined; to?: number | undefined },
): Interactions => {
  assertKnownOptions('timeRange', options, ['from', 'to'], { ErrorClass: DataError });
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options;
  const times = numbersOf('timeRange', interactions, 'timestamp');
  return keep('timeRange', interactions, (row) => times.at(row)! >= from && times.at(row)! < to);
};

/**
 * Returns the interactions with a rating of at least a minimum.
 *
 * @param options.min lowest rating to keep.
 * @param options.column name of the column of ratings. Default `rating`.
 * @throws {DataError} on an unknown option, when the table has no such column, or when no interaction is left.
 * @example
 * const liked = minRating(await readInteractions('ratings.csv', { ratings: true }), { min: 4 });
 */
export const minRating = (
  interactions: Interactions,
  options: { min: number; column?: string | undefined },
): Interactions => {
  assertKnownOptions('minRating', options, ['min', 'column'], { ErrorClass: DataError });
  const { min, column = 'rating' } = options;
  const ratings = numbersOf('minRating', interactions, column);
  return keep('minRating', interactions, (row) => Number(ratings.at(row)) >= min);
};

/**
 * Returns the interactions of users whose number of interactions is in a range.
 *
 * @param options.min fewest interactions of a user to keep. Default 1.
 * @param options.max most interactions of a user to keep. Default: no limit.
 * @throws {DataError} on an unknown option, or when no interaction is left.
 * @example
 * const active = lengthRange(ratings, { min: 5, max: 1000 });
 */
export const lengthRange = (
  interactions: Interactions,
  options: { min?: number | undefined; max?: number | undefined },
): Interactions => {
  assertKnownOptions('lengthRange', options, ['min', 'max'], { ErrorClass: DataError });
  const { min = 1, max = Number.POSITIVE_INFINITY } = options;
  const { codes, counts } = countOf(interactions, 'user');
  return keep('lengthRange', interactions, (row) => counts[codes[row]] >= min && counts[codes[row]] <= max);
};

/**
 * Returns the interactions with the `n` most popular items. Of equally popular items, those that come first are kept.
 *
 * @param options.n number of items to keep, >= 1.
 * @throws {DataError} on an unknown option or one out of range.
 * @example
 * const popular = topItems(ratings, { n: 1000 });
 */
export const topItems = (interactions: Interactions, options: { n: number }): Interactions => {
  assertKnownOptions('topItems', options, ['n'], { ErrorClass: DataError });
  const { n } = options;
  assertInteger('topItems', 'n', n, { minimum: 1, ErrorClass: DataError });
  const { codes, counts } = countOf(interactions, 'item');
  const kept = new Set([...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b).slice(0, n));
  return keep('topItems', interactions, (row) => kept.has(codes[row]));
};

const keep = (where: string, interactions: Interactions, isKept: (row: number) => boolean): Interactions => {
  const { table } = interactions;
  const rows = table.indices().filter(isKept);
  if (rows.length === 0) throw new DataError('bad-data', `${where}: none of ${table.numRows()} interactions is left`);
  return new Interactions(keepRows(table, rows), interactions);
};

const countOf = ({ table }: Interactions, column: 'user' | 'item') => {
  const { codes, ids } = encodeColumn(table, column);
  const counts = new Uint32Array(ids.length);
  for (const row of table.indices()) counts[codes[row]] += 1;
  return { codes, counts };
};

const numbersOf = (where: string, { table }: Interactions, name: string): { at(row: number): number | undefined } => {
  if (!table.columnNames().includes(name)) {
    throw new DataError(
      'bad-data',
      `${where}: the table has no column "${name}"; it has ${table.columnNames().join(', ')}`,
    );
  }
  return table.column(name) as { at(row: number): number | undefined };
};
