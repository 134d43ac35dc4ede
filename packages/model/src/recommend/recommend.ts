import { type Id, type IdMap, idAt, indexOfId } from '@recsys/data';
import { topK } from '@recsys/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { maxLengthOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import { asScorer, blockSize } from '../scoring/scorer.js';

/** An item in the user's own id, with the model's score. */
export interface Recommendation {
  readonly item: Id;
  /** Higher is better; comparable within one list only. */
  readonly score: number;
}

export interface RecommendOptions {
  /** How many items at most, 1 up to the size of the catalog. Default 10. */
  k?: number;
  /** Whether items of the history are left out. Default true. */
  excludeSeen?: boolean;
  /** The only items to choose from, in outside ids. Default the whole catalog. */
  candidates?: readonly Id[];
  /** Told of items of a history that the model does not know, which are then passed over. Default: such a history is an error. */
  onUnknownItems?: (items: Id[], historyIndex: number) => void;
}

/**
 * Returns the best next items for one raw history, oldest first, in outside ids; or a list for each of many histories. The user need not
 * be known to the model.
 *
 * @throws {ModelError} on an empty history, an unknown item (unless `onUnknownItems` is given), a candidate that is not in the catalog,
 *   or a bad k.
 */
export function recommend(model: SequentialModel, history: readonly Id[], options?: RecommendOptions): Recommendation[];
export function recommend(
  model: SequentialModel,
  histories: readonly (readonly Id[])[],
  options?: RecommendOptions,
): Recommendation[][];
export function recommend(
  model: SequentialModel,
  histories: readonly Id[] | readonly (readonly Id[])[],
  options: RecommendOptions = {},
): Recommendation[] | Recommendation[][] {
  if (Array.isArray(histories[0])) return recommendMany(model, histories as readonly (readonly Id[])[], options);
  return recommendMany(model, [histories as readonly Id[]], options)[0];
}

const recommendMany = (
  model: SequentialModel,
  histories: readonly (readonly Id[])[],
  {
    k = Math.min(10, model.config.catalog.ids.length),
    excludeSeen = true,
    candidates,
    onUnknownItems,
  }: RecommendOptions,
): Recommendation[][] => {
  const { catalog } = model.config;
  assertK('recommend', k, catalog.ids.length);
  const inner = histories.map((history, i) => knownItems(catalog, history, i, onUnknownItems));
  const outside = candidates === undefined ? [0] : allBut(catalog, candidates);
  const scorer = asScorer(model);
  const width = catalog.ids.length + 1;
  const recommendations: Recommendation[][] = [];
  const size = blockSize(width);
  for (let start = 0; start < inner.length; start += size) {
    const block = inner.slice(start, start + size);
    // The model sees no more of a history than its newest items, but all of it has been seen.
    const scores = scorer.score(block.map((history) => history.subarray(-maxLengthOf(model))));
    block.forEach((history, row) => {
      const own = scores.subarray(row * width, (row + 1) * width);
      for (const item of outside) own[item] = Number.NEGATIVE_INFINITY;
      if (excludeSeen) for (const item of history) own[item] = Number.NEGATIVE_INFINITY;
      recommendations.push(inOutsideIds(catalog, topK(own, k)));
    });
  }
  return recommendations;
};

export interface SimilarItemsOptions {
  /** How many items at most, 1 up to the size of the catalog. Default 10. */
  k?: number;
}

/**
 * Returns the items whose vectors point most nearly the way of this item's: cosine similarity, in -1 .. 1, without the item itself.
 * @throws {ModelError} when the model does not know the item.
 */
export const similarItems = (
  model: SequentialModel,
  item: Id,
  { k = Math.min(10, model.config.catalog.ids.length) }: SimilarItemsOptions = {},
): Recommendation[] => {
  const { catalog } = model.config;
  const index = indexOfId(catalog, item);
  if (index < 0)
    throw new ModelError(
      'bad-option',
      `similarItems: item ${JSON.stringify(item)} is not in the catalog of ${catalog.ids.length} items`,
    );
  assertK('similarItems', k, catalog.ids.length);
  const similarity = tf.tidy(() => {
    const vectors = model.itemVectors();
    const norms = tf.norm(vectors, 2, 1, true);
    const unit = tf.div(vectors, tf.maximum(norms, 1e-12)) as tf.Tensor2D;
    return tf.reshape(tf.matMul(unit, tf.transpose(tf.slice(unit, [index, 0], [1, -1]))), [-1]);
  });
  const scores = similarity.dataSync<'float32'>().slice();
  similarity.dispose();
  scores[0] = scores[index] = Number.NEGATIVE_INFINITY;
  return inOutsideIds(catalog, topK(scores, k));
};

const assertK = (where: string, k: number, numItems: number): void => {
  if (!Number.isSafeInteger(k) || k < 1 || k > numItems) {
    throw new ModelError(
      'bad-option',
      `${where}: k must be an integer in 1..${numItems}, the size of the catalog, got ${k}`,
    );
  }
};

const inOutsideIds = (catalog: IdMap, { indices, scores }: ReturnType<typeof topK>): Recommendation[] =>
  Array.from(indices, (index, i) => ({ item: idAt(catalog, index), score: scores[i] }));

const knownItems = (
  catalog: IdMap,
  history: readonly Id[],
  historyIndex: number,
  onUnknownItems: RecommendOptions['onUnknownItems'],
): Int32Array => {
  const indices = history.map((id) => indexOfId(catalog, id));
  const unknown = history.filter((_, i) => indices[i] < 0);
  if (unknown.length > 0) {
    if (onUnknownItems === undefined) {
      const shown = unknown
        .slice(0, 5)
        .map((id) => JSON.stringify(id))
        .join(', ');
      throw new ModelError(
        'bad-option',
        `recommend: history ${historyIndex} has ${unknown.length} items the model does not know: ${shown}. Give onUnknownItems to pass over them.`,
      );
    }
    onUnknownItems(unknown, historyIndex);
  }
  const known = Int32Array.from(indices.filter((index) => index >= 0));
  if (known.length === 0)
    throw new ModelError('bad-option', `recommend: history ${historyIndex} has no item the model knows`);
  return known;
};

/** Returns the inside indices, with the pad, of all items but the candidates. */
const allBut = (catalog: IdMap, candidates: readonly Id[]): number[] => {
  const allowed = new Set(
    candidates.map((id) => {
      const index = indexOfId(catalog, id);
      if (index < 0)
        throw new ModelError(
          'bad-option',
          `recommend: candidate ${JSON.stringify(id)} is not in the catalog of ${catalog.ids.length} items`,
        );
      return index;
    }),
  );
  return Array.from({ length: catalog.ids.length + 1 }, (_, index) => index).filter((index) => !allowed.has(index));
};
