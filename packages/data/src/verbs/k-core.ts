import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { encodeColumn } from '../table/id-column.js';
import { Interactions } from '../table/interactions.js';
import { keepRows } from '../table/keep-rows.js';

/** Options of `kCore`. */
export interface KCoreOptions {
  /** Fewest interactions of a user or item to keep, >= 1. */
  minInteractions: number;
  /**
   * `until-stable` (the default) removes users and items with too few interactions until every one has enough. `single` removes them once, by
   * counts taken before, as the SASRec paper prepared its data.
   */
  passes?: 'until-stable' | 'single';
}

/**
 * Returns the interactions of users and items that have enough of them: the k-core of the interaction graph.
 *
 * @throws {DataError} on an unknown option or one out of range, or when no interaction is left.
 * @example
 * const dense = kCore(ratings, { minInteractions: 5 });
 */
export const kCore = (interactions: Interactions, options: KCoreOptions): Interactions => {
  assertKnownOptions('kCore', options, ['minInteractions', 'passes'], { ErrorClass: DataError });
  const { minInteractions, passes = 'until-stable' } = options;
  assertInteger('kCore', 'minInteractions', minInteractions, { minimum: 1, ErrorClass: DataError });
  if (passes !== 'until-stable' && passes !== 'single') {
    throw new DataError('bad-option', `kCore: passes must be until-stable or single, got ${String(passes)}`);
  }
  const { table } = interactions;
  const users = encodeColumn(table, 'user');
  const items = encodeColumn(table, 'item');
  let rows = table.indices();
  for (;;) {
    const userCounts = countCodes(users.codes, rows, users.ids.length);
    const itemCounts = countCodes(items.codes, rows, items.ids.length);
    const kept = rows.filter(
      (row) => userCounts[users.codes[row]] >= minInteractions && itemCounts[items.codes[row]] >= minInteractions,
    );
    const stable = kept.length === rows.length;
    rows = kept;
    if (stable || passes === 'single') break;
  }
  if (rows.length === 0)
    throw new DataError(
      'bad-data',
      `kCore: none of ${interactions.size} interactions is left with minInteractions ${minInteractions}`,
    );
  return new Interactions(keepRows(table, rows), interactions);
};

const countCodes = (codes: Int32Array, rows: Uint32Array, distinct: number): Uint32Array => {
  const counts = new Uint32Array(distinct);
  for (const row of rows) counts[codes[row]] += 1;
  return counts;
};
