import type { UserSequences } from './user-sequences.js';

/**
 * Returns how often each item occurs in the sequences, uint32 `[numItems + 1]`. The count of index 0, the pad, is 0.
 *
 * @example
 * countItems(split.train)[7]; // number of interactions with item 7
 */
export const countItems = ({ offsets, ends, items, catalog }: UserSequences): Uint32Array => {
  const counts = new Uint32Array(catalog.ids.length + 1);
  ends.forEach((end, user) => {
    for (let i = offsets[user]; i < end; i++) counts[items[i]] += 1;
  });
  return counts;
};
