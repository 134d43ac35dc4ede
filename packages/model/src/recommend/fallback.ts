import { type Id, type IdMap, indexOfId } from '@recsys/data/core';
import { ModelError } from '../errors.js';
import type { RecommendOptions } from './recommend-options.js';

/**
 * Returns the scores of all items, `[numItems + 1]`, for a history of which nothing is known.
 * @throws {ModelError} `bad-option` when the model does not know what is popular.
 */
export const fallbackScores = <OwnId extends Id>(
  catalog: IdMap<OwnId>,
  fallback: RecommendOptions<OwnId>['fallback'],
): Float32Array => {
  const scores = new Float32Array(catalog.ids.length + 1).fill(Number.NEGATIVE_INFINITY);
  if (fallback === 'popular') {
    if (catalog.counts === undefined)
      throw new ModelError(
        'bad-option',
        'recommend: fallback popular needs the counts of the items, and the catalog of this model has none; use a catalog of toSequences',
      );
    scores.set(catalog.counts, 1);
  } else if (fallback !== 'none' && fallback !== undefined) {
    fallback.forEach((id, place) => {
      const index = indexOfId(catalog, id);
      if (index > 0) scores[index] = fallback.length - place;
    });
  }
  return scores;
};
