import { MetricsError } from './errors.js';

/** Lists of recommended items, one per user. Items are indices 1 .. numItems. */
export type RecommendedLists = Iterable<ArrayLike<number>>;

/**
 * Returns the share of the catalog that is recommended to at least one user.
 *
 * @param numItems size of the catalog, >= 1.
 * @throws {MetricsError} if an item is outside 1 .. numItems, or no item is recommended.
 * @example
 * catalogCoverage([[1, 2], [2, 3]], 6); // 3 / 6
 */
export const catalogCoverage = (lists: RecommendedLists, numItems: number): number =>
  exposureOf('catalogCoverage', lists, numItems).filter((count) => count > 0).length / numItems;

/**
 * Returns the Gini index of how often items are recommended: 0 if all items are recommended equally often, near 1 if a
 * few get it all. `sum over i of (2 i - n - 1) x_i / (n sum x)`, with the exposures x in ascending order and i from 1.
 *
 * @param numItems size of the catalog, >= 1.
 * @throws {MetricsError} as `catalogCoverage`.
 * @example
 * giniIndex([[1, 2], [1, 2]], 4); // exposures 0, 0, 2, 2: (-3·0 - 1·0 + 1·2 + 3·2) / (4 · 4) = 0.5
 */
export const giniIndex = (lists: RecommendedLists, numItems: number): number => {
  const exposures = exposureOf('giniIndex', lists, numItems).sort();
  const weighted = exposures.reduce((sum, exposure, i) => sum + (2 * (i + 1) - numItems - 1) * exposure, 0);
  return weighted / (numItems * exposures.reduce((sum, exposure) => sum + exposure, 0));
};

/**
 * Returns how unexpected the recommended items are: the mean of `-log2(p)`, where p is an item's share of all
 * interactions (Zhou et al., PNAS 2010, self-information). An item without interactions is counted as having half an
 * interaction.
 *
 * @param interactions `[numItems + 1]`, number of training interactions of each item; index 0 is not used.
 * @throws {MetricsError} as `catalogCoverage`.
 * @example
 * novelty([[1]], [0, 1, 7]); // 3 bits: item 1 has 1/8 of all interactions
 */
export const novelty = (lists: RecommendedLists, interactions: ArrayLike<number>): number => {
  let total = 0;
  for (let item = 1; item < interactions.length; item++) total += interactions[item];
  return meanOverItems('novelty', lists, interactions, (count) => -Math.log2(Math.max(count, 0.5) / total));
};

/**
 * Returns the mean number of training interactions of the recommended items.
 *
 * @param interactions as in `novelty`.
 * @throws {MetricsError} as `catalogCoverage`.
 * @example
 * averagePopularity([[1, 2]], [0, 10, 30]); // 20
 */
export const averagePopularity = (lists: RecommendedLists, interactions: ArrayLike<number>): number =>
  meanOverItems('averagePopularity', lists, interactions, (count) => count);

/** Returns how often each item is recommended; index 0 is item 1. */
const exposureOf = (where: string, lists: RecommendedLists, numItems: number): Float64Array => {
  const exposures = new Float64Array(numItems);
  forEachItem(where, lists, numItems, (item) => {
    exposures[item - 1] += 1;
  });
  return exposures;
};

const meanOverItems = (
  where: string,
  lists: RecommendedLists,
  interactions: ArrayLike<number>,
  gain: (count: number) => number,
): number => {
  let [sum, items] = [0, 0];
  forEachItem(where, lists, interactions.length - 1, (item) => {
    sum += gain(interactions[item]);
    items += 1;
  });
  return sum / items;
};

const forEachItem = (where: string, lists: RecommendedLists, numItems: number, visit: (item: number) => void): void => {
  let seen = false;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (!(Number.isInteger(item) && item >= 1 && item <= numItems))
        throw new MetricsError('bad-value', `${where}: items must be in 1..${numItems}, got ${item}`);
      visit(item);
      seen = true;
    }
  }
  if (!seen) throw new MetricsError('bad-input', `${where}: needs at least one recommended item`);
};
