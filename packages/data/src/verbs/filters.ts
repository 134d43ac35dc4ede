import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { encodeColumn } from '../table/id-column.js';
import { Interactions } from '../table/interactions.js';
import { keepRows } from '../table/keep-rows.js';

/**
 * Returns the interactions from a time on, up to another.
 *
 * @param options.from earliest time that stays, in the unit of the source. Default: no limit.
 * @param options.to first time that does not. Default: no limit.
 * @throws {DataError} when there are no timestamps, or none is left.
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
 * Returns the interactions with a rating of at least a threshold: what users liked, not only met.
 *
 * @param options.min lowest rating that stays.
 * @param options.column where the table has the ratings. Default `rating`.
 * @throws {DataError} when the table has no such column, or nothing is left.
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
 * Returns the interactions of users with so many of them.
 *
 * @param options.min fewest interactions of a user who stays, default 1.
 * @param options.max most, default no limit.
 * @throws {DataError} when nothing is left.
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
 * Returns the interactions with the n most popular items; of items with as many, those that come first.
 *
 * @param options.n how many items stay, >= 1.
 * @throws {DataError} unless n is an integer >= 1.
 */
export const topItems = (interactions: Interactions, options: { n: number }): Interactions => {
  assertKnownOptions('topItems', options, ['n'], { ErrorClass: DataError });
  const { n } = options;
  assertInteger('topItems', 'n', n, { minimum: 1, ErrorClass: DataError });
  const { codes, counts } = countOf(interactions, 'item');
  const kept = new Set([...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b).slice(0, n));
  return keep('topItems', interactions, (row) => kept.has(codes[row]));
};

const keep = (where: string, { table, skipped }: Interactions, isKept: (row: number) => boolean): Interactions => {
  const rows = table.indices().filter(isKept);
  if (rows.length === 0) throw new DataError('bad-data', `${where}: no interaction is left of ${table.numRows()}`);
  return new Interactions(keepRows(table, rows), skipped);
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
