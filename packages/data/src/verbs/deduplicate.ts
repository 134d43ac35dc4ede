import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { encodeColumn } from '../table/id-column.js';
import { Interactions } from '../table/interactions.js';
import { keepRows } from '../table/keep-rows.js';
import type { NumberColumn } from '../table/number-column.js';

/**
 * Returns the interactions with only one row per (user, item).
 *
 * @param options.keep which row to keep: the earliest by timestamp (`first`, the default) or the latest (`last`). Without timestamps, the first
 *   or last row of the table.
 * @throws {DataError} on an unknown option or value.
 * @example
 * const once = deduplicate(ratings, { keep: 'last' });
 */
export const deduplicate = (interactions: Interactions, options: { keep?: 'first' | 'last' } = {}): Interactions => {
  assertKnownOptions('deduplicate', options, ['keep'], { ErrorClass: DataError });
  const { keep = 'first' } = options;
  if (keep !== 'first' && keep !== 'last')
    throw new DataError('bad-option', `deduplicate: keep must be first or last, got ${String(keep)}`);
  const { table } = interactions;
  const users = encodeColumn(table, 'user');
  const items = encodeColumn(table, 'item');
  const times = table.column('timestamp') as unknown as NumberColumn | undefined;
  const chosen = new Map<number, number>();
  for (const row of table.indices()) {
    const pair = users.codes[row] * items.ids.length + items.codes[row];
    const before = chosen.get(pair);
    const later = before === undefined || times === undefined || times[row] >= times[before];
    if (before === undefined || (keep === 'last' ? later : !later)) chosen.set(pair, row);
  }
  return new Interactions(keepRows(table, chosen.values()), interactions);
};
