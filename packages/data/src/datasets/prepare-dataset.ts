import { DataError } from '../errors.js';
import { readInteractions } from '../read/read-interactions.js';
import { toSequences } from '../sequences/to-sequences.js';
import { encodeColumn } from '../table/id-column.js';
import { idAt } from '../table/id-map.js';
import type { Interactions } from '../table/interactions.js';
import { InteractionsBuilder } from '../table/interactions-builder.js';
import { kCore } from '../verbs/k-core.js';
import type { Dataset } from './datasets.js';

/**
 * Returns the interactions of a dataset with the ids of the archive: user by user in order of first appearance, oldest first. Bad lines are skipped
 * and counted; `assertCounts` tells whether that matters.
 *
 * @param archive path of the archive.
 * @throws {DataError} when the archive cannot be read, or no interaction is left.
 */
export const prepareDataset = async ({ raw, minInteractions }: Dataset, archive: string): Promise<Interactions> => {
  const read = await readInteractions(archive, { ...raw, onError: 'skip' });
  const kept = minInteractions === undefined ? read : kCore(read, { minInteractions, passes: 'single' });
  const { offsets, ends, items, timestamps, users, catalog } = toSequences(kept);
  const builder = new InteractionsBuilder();
  builder.skipped = read.skipped;
  for (let user = 0; user < ends.length; user++) {
    const id = idAt(users, user);
    for (let row = offsets[user]; row < ends[user]; row++)
      builder.add(id, idAt(catalog, items[row]), { timestamp: timestamps?.[row] });
  }
  return builder.build(read.order);
};

/** @throws {DataError} when a prepared dataset does not have the expected counts. */
export const assertCounts = ({ name, counts }: Dataset, interactions: Interactions): void => {
  const distinct = (column: 'user' | 'item') => encodeColumn(interactions.table, column).ids.length;
  const found = { users: distinct('user'), items: distinct('item'), interactions: interactions.size };
  const text = (of: Dataset['counts']) => `${of.users} users, ${of.items} items, ${of.interactions} interactions`;
  if (text(found) === text(counts)) return;
  const { skipped } = interactions;
  const remark = skipped > 0 ? ` (${skipped} lines were skipped)` : '';
  throw new DataError(
    'bad-data',
    `${name}: expected ${text(counts)}, found ${text(found)}${remark}. It is not the expected archive.`,
  );
};
