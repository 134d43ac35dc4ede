import { countItems, type UserSequences } from '@recsys/data';
import { type Scorer, scorerOfAllItems } from '@recsys/model';

/**
 * Returns a scorer by a first-order Markov chain: how often each item followed the newest item of the history in the training sequences.
 * Items that never did come after all that did, ordered by popularity (the "FMC" of Rendle et al., WWW 2010, by counting).
 *
 * @example
 * const { metrics } = await evaluate(markovChainBaseline(split.train), split.test, { protocol: 'full' });
 */
export const markovChainBaseline = (train: UserSequences): Scorer => {
  const { offsets, ends, items, catalog } = train;
  const followers: Map<number, number>[] = [];
  for (let user = 0; user < ends.length; user++) {
    for (let i = offsets[user] + 1; i < ends[user]; i++) {
      followers[items[i - 1]] ??= new Map();
      const counts = followers[items[i - 1]];
      counts.set(items[i], (counts.get(items[i]) ?? 0) + 1);
    }
  }
  const popularity = countItems(train);
  const total = popularity.reduce((sum, count) => sum + count, 0) + 1;
  const belowOne = Float64Array.from(popularity, (count) => count / total);
  return scorerOfAllItems(catalog.ids.length, (history) => {
    const scores = belowOne.slice();
    for (const [item, count] of followers[history[history.length - 1]] ?? []) scores[item] += count;
    return scores;
  });
};
