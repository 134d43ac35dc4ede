import { countItems, type UserSequences } from '@recsys/data';
import { type Scorer, scorerOfAllItems } from '@recsys/model';

/** Returns a scorer that gives every history the same scores: how often each item occurs in the training sequences. */
export const popularityBaseline = (train: UserSequences): Scorer => {
  const counts = countItems(train);
  return scorerOfAllItems(train.catalog.ids.length, () => counts);
};

/**
 * Returns a scorer by a first-order Markov chain: how often each item followed the newest item of the history in the training
 * sequences; items that never did are ordered by popularity, below all that did (the "FMC" idea of Rendle et al. 2010, by counting).
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
    for (const [item, count] of followers[history.at(-1)!] ?? []) scores[item] += count;
    return scores;
  });
};
