import type { UserSequences } from './user-sequences.js';

/**
 * Returns the number of interactions that share their time with another one of the same user. Their order is that of the source, which may not be the
 * order in which they happened. Times that are finer than `timestamps` can hold count as equal here.
 *
 * @returns 0 without timestamps.
 * @example
 * const sequences = toSequences(await readInteractions('orders.csv'));
 * console.log(`${countTies(sequences)} of ${sequences.items.length} interactions share a time`);
 */
export const countTies = ({ offsets, ends, timestamps }: UserSequences): number => {
  if (timestamps === undefined) return 0;
  let ties = 0;
  for (let user = 0; user < ends.length; user++) {
    for (let at = offsets[user]; at < ends[user]; at++) {
      const isLikeBefore = at > offsets[user] && timestamps[at] === timestamps[at - 1];
      const isLikeNext = at + 1 < ends[user] && timestamps[at] === timestamps[at + 1];
      if (isLikeBefore || isLikeNext) ties += 1;
    }
  }
  return ties;
};
