import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { encodeColumn, type IdColumn } from '../table/id-column.js';
import { type Id, itemIds, userIds } from '../table/id-map.js';
import type { Interactions } from '../table/interactions.js';
import type { NumberColumn } from '../table/number-column.js';
import { secondsPerUnit } from '../times/index.js';
import { countItems } from './count-items.js';
import type { UserSequences } from './user-sequences.js';

/** Options of `toSequences`. */
export interface ToSequencesOptions {
  /**
   * Ids of items that are in the catalog even if no interaction has them, such as those of an earlier catalog, or products that are new. They come
   * after the items of the interactions. Default none.
   */
  items?: Iterable<Id> | undefined;
}

/**
 * Returns each user's items in time order, packed into typed arrays. Users and items are numbered in order of first appearance, and the catalog
 * has the number of interactions of each item. Interactions of a user with equal timestamps keep the order of their rows, and so do all of them
 * without timestamps; `countTies` counts them.
 *
 * @throws {DataError} on an unknown option, or when there are no interactions.
 * @example
 * const sequences = toSequences(await readInteractions('ratings.csv'));
 * sequences.items.subarray(sequences.offsets[0], sequences.ends[0]); // items of the first user, oldest first
 */
export const toSequences = (interactions: Interactions, options: ToSequencesOptions = {}): UserSequences => {
  assertKnownOptions('toSequences', options, ['items'], { ErrorClass: DataError });
  const { table, order } = interactions;
  const timeUnit = secondsPerUnit(order.kind);
  const rows = table.indices();
  if (rows.length === 0) throw new DataError('bad-data', 'toSequences: there are no interactions');
  const times = table.column('timestamp') as unknown as NumberColumn | undefined;
  const users = renumber(encodeColumn(table, 'user'), { rows, times, first: 0 });
  const items = renumber(encodeColumn(table, 'item'), { rows, times, first: 1 });

  const offsets = new Uint32Array(users.ids.length + 1);
  for (const row of rows) offsets[users.indexOf(row) + 1] += 1;
  for (let user = 0; user < users.ids.length; user++) offsets[user + 1] += offsets[user];
  const next = offsets.slice(0, -1);
  const ordered = new Uint32Array(rows.length); // rows, user after user
  for (const row of rows) ordered[next[users.indexOf(row)]++] = row;
  if (times !== undefined) {
    for (let user = 0; user < users.ids.length; user++)
      sortByTime(ordered.subarray(offsets[user], offsets[user + 1]), times);
  }
  const sequences: UserSequences = {
    offsets,
    ends: offsets.subarray(1),
    items: Int32Array.from(ordered, items.indexOf),
    ...(times !== undefined && { timestamps: Float64Array.from(ordered, (row) => times[row]) }),
    ...(times !== undefined && timeUnit !== 1 && { timeUnit }),
    users: userIds(users.ids),
    catalog: itemIds(withItems(items.ids, options.items)),
  };
  const counts = Array.from(countItems(sequences).subarray(1)); // without the pad
  return { ...sequences, catalog: { ...sequences.catalog, counts } };
};

/** Returns ids with those of further items after them; ids with the same text are the same. */
const withItems = (ids: readonly Id[], items: Iterable<Id> = []): Id[] => {
  const seen = new Set(ids.map(String));
  return [...ids, ...[...items].filter((id) => !seen.has(String(id)) && seen.add(String(id)))];
};

/** Sorts rows by time, in place. Rows with equal times keep their order. */
const sortByTime = (rows: Uint32Array, times: NumberColumn): void => {
  for (let i = 1; i < rows.length; i++) {
    if (times[rows[i]] < times[rows[i - 1]]) {
      const place = new Map(Array.from(rows, (row, at) => [row, at]));
      rows.sort((a, b) => times[a] - times[b] || place.get(a)! - place.get(b)!);
      return;
    }
  }
};

interface Renumbering {
  readonly rows: Uint32Array;
  readonly times: NumberColumn | undefined;
  readonly first: 0 | 1;
}

/** Returns the ids of a column among visible rows, in the order of their indices, and a function from a row to the index of its id. */
const renumber = ({ ids, codes }: IdColumn, { rows, times, first }: Renumbering) => {
  const seen: number[] = []; // codes in order of first appearance
  const isSeen = new Uint8Array(ids.length);
  for (const row of rows) {
    if (isSeen[codes[row]] === 1) continue;
    isSeen[codes[row]] = 1;
    seen.push(codes[row]);
  }
  if (times !== undefined) {
    const earliest = new Float64Array(ids.length).fill(Number.POSITIVE_INFINITY);
    for (const row of rows) earliest[codes[row]] = Math.min(earliest[codes[row]], times[row]);
    seen.sort((a, b) => earliest[a] - earliest[b] || (String(ids[a]) < String(ids[b]) ? -1 : 1));
  }
  const indexOfCode = new Int32Array(ids.length);
  seen.forEach((code, i) => {
    indexOfCode[code] = i + first;
  });
  return { ids: seen.map((code) => ids[code]), indexOf: (row: number) => indexOfCode[codes[row]] };
};
