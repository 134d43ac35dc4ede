import { type Id, type IdMap, indexOfId } from '@recsys/data/core';
import { assertKnownOptions } from '@recsys/errors';
import * as tf from '@tensorflow/tfjs-core';
import type { SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import { bestPlaces, checkedK, inOutsideIds, type Recommendation } from './recommendation.js';
import { unitRows } from './unit-rows.js';

export interface SimilarItemsOptions {
  /** How many items at most, 1 up to the size of the catalog. Default 10, or all items of a smaller catalog. */
  k?: number | undefined;
}

/**
 * Returns the items whose vectors are closest in direction to this item's, best first, without the item itself. The score is the cosine
 * similarity, in -1 .. 1.
 *
 * @throws {ModelError} `unknown-item` when the model does not know the item; `bad-option` on an unknown option or a bad k; `bad-score` when
 *   the vectors are not numbers.
 * @example
 * similarItems(model, '296', { k: 2 }); // [{ item: '593', score: 0.83 }, { item: '50', score: 0.81 }]
 */
export const similarItems = <OwnId extends Id = Id>(
  model: SequentialModel,
  item: OwnId,
  options: SimilarItemsOptions = {},
): Recommendation<OwnId>[] => {
  assertKnownOptions('similarItems', options, ['k'], { ErrorClass: ModelError });
  const catalog = model.config.catalog as IdMap<OwnId>;
  const index = indexOfId(catalog, item);
  if (index < 0)
    throw new ModelError(
      'unknown-item',
      `similarItems: item ${JSON.stringify(item)} is not in the catalog of ${catalog.ids.length} items`,
    );
  const k = checkedK('similarItems', options.k, catalog);
  const similarity = tf.tidy(() => {
    const unit = unitRows(model.itemVectors());
    return tf.reshape(tf.matMul(unit, tf.transpose(tf.slice(unit, [index, 0], [1, -1]))), [-1]);
  });
  const scores = similarity.dataSync<'float32'>().slice();
  similarity.dispose();
  scores[0] = scores[index] = Number.NEGATIVE_INFINITY;
  return inOutsideIds(catalog, bestPlaces('similarItems', scores, k));
};
