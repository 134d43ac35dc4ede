import { op } from 'arquero';
import { DataError } from '../errors.js';
import type { Interactions } from '../table/interactions.js';

/** What a set of interactions looks like, in numbers. */
export interface InteractionsSummary {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Share of all (user, item) pairs that interact: `interactions / (users * items)`. */
  readonly density: number;
  /** Of interactions a user; quantiles as arquero interpolates them. */
  readonly sequenceLength: {
    readonly min: number;
    readonly p25: number;
    readonly median: number;
    readonly p75: number;
    readonly p95: number;
    readonly max: number;
    readonly mean: number;
  };
  /** First and last timestamp, in the unit of the source, where there are any. */
  readonly timeSpan?: { readonly first: number; readonly last: number };
}

/**
 * Returns counts, density, quantiles of sequence length, and the time span.
 * @throws {DataError} when there are no interactions.
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
