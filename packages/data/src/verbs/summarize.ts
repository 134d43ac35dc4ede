import { op } from 'arquero';
import { DataError } from '../errors.js';
import type { Interactions } from '../table/interactions.js';

/** Figures on interactions. */
export interface InteractionsSummary {
  /** Number of distinct users. */
  readonly users: number;
  /** Number of distinct items. */
  readonly items: number;
  /** Number of interactions. */
  readonly interactions: number;
  /** `interactions / (users * items)`. */
  readonly density: number;
  /** Interactions per user. Quantiles are interpolated as arquero does. */
  readonly sequenceLength: {
    readonly min: number;
    readonly p25: number;
    readonly median: number;
    readonly p75: number;
    readonly p95: number;
    readonly max: number;
    readonly mean: number;
  };
  /** First and last timestamp, in the unit of the source. Absent without timestamps. */
  readonly timeSpan?: { readonly first: number; readonly last: number };
}

/**
 * Returns the numbers of users, items and interactions, the density, quantiles of interactions per user, and the time span.
 *
 * @throws {DataError} when there are no interactions.
 * @example
 * summarize(ratings);
 * // { users: 610, items: 9724, interactions: 100836, density: 0.017, sequenceLength: { min: 20, median: 70.5, … }, timeSpan: { first, last } }
 */
export const summarize = (interactions: Interactions): InteractionsSummary => {
  const { table } = interactions;
  const count = interactions.size;
  if (count === 0) throw new DataError('bad-data', 'summarize: there are no interactions');
  const lengths = table.ungroup().groupby('user').count({ as: 'length' });
  const items = table.ungroup().groupby('item').count().numRows();
  const users = lengths.numRows();
  const sequenceLength = lengths
    .rollup({
      min: op.min('length'),
      p25: op.quantile('length', 0.25),
      median: op.median('length'),
      p75: op.quantile('length', 0.75),
      p95: op.quantile('length', 0.95),
      max: op.max('length'),
      mean: op.mean('length'),
    })
    .object() as InteractionsSummary['sequenceLength'];
  const hasTimes = table.columnNames().includes('timestamp');
  const timeSpan = hasTimes
    ? (table.rollup({ first: op.min('timestamp'), last: op.max('timestamp') }).object() as {
        first: number;
        last: number;
      })
    : undefined;
  return {
    users,
    items,
    interactions: count,
    density: count / (users * items),
    sequenceLength,
    ...(timeSpan && { timeSpan }),
  };
};
