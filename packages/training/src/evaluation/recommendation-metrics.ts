import { countItems, type Id, indexOfId, type UserSequences } from '@recsys/data';
import { averagePopularity, catalogCoverage, giniIndex, novelty } from '@recsys/metrics';
import { TrainingError } from '../errors.js';

/** How recommended lists use the catalog. */
export interface RecommendationMetrics {
  /** Number of lists. */
  readonly numLists: number;
  /** Share of the catalog that is in at least one list, 0 .. 1. */
  readonly coverage: number;
  /** 0 when all items are recommended equally often, near 1 when a few are always recommended. */
  readonly gini: number;
  /** Mean self-information of the recommended items in training, bits. */
  readonly novelty: number;
  /** Mean number of training interactions of the recommended items. */
  readonly averagePopularity: number;
}

/**
 * Returns how lists of recommendations use the catalog.
 *
 * @param lists as `recommendBatch` returns them.
 * @param train the train part of the split: its catalog, and how popular each item is.
 * @throws {TrainingError} `bad-option` when an item is not in the catalog; `empty-set` when there is no list.
 * @example
 * const lists = recommendBatch(model, histories, { k: 10 });
 * recommendationMetrics(lists, split.train); // { numLists: 500, coverage: 0.61, gini: 0.72, novelty: 9.3, averagePopularity: 48 }
 */
export const recommendationMetrics = (
  lists: readonly (readonly { readonly item: Id }[])[],
  train: UserSequences,
): RecommendationMetrics => {
  if (lists.length === 0) throw new TrainingError('empty-set', 'recommendationMetrics: there is no list');
  const { catalog } = train;
  const numItems = catalog.ids.length;
  const inside = lists.map((list) =>
    Int32Array.from(list, ({ item }) => {
      const index = indexOfId(catalog, item);
      if (index < 0)
        throw new TrainingError(
          'bad-option',
          `recommendationMetrics: item ${JSON.stringify(item)} is not in the catalog of ${numItems} items`,
        );
      return index;
    }),
  );
  const interactions = countItems(train);
  return {
    numLists: lists.length,
    coverage: catalogCoverage(inside, numItems),
    gini: giniIndex(inside, numItems),
    novelty: novelty(inside, interactions),
    averagePopularity: averagePopularity(inside, interactions),
  };
};
