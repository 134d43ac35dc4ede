import { countItems, type UserSequences } from '@recsys/data';
import { type Scorer, scorerOfAllItems } from '@recsys/model';

/**
 * Returns a scorer that gives every history the same scores: how often each item occurs in the training sequences.
 *
 * @example
 * const { metrics } = await evaluate(popularityBaseline(split.train), split.test, { protocol: 'full' });
 */
export const popularityBaseline = (train: UserSequences): Scorer => {
  const counts = countItems(train);
  return scorerOfAllItems(train.catalog.ids.length, () => counts);
};
