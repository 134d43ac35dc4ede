import { type Id, type IdMap, indexOfId } from '@recsys/data';
import { assertKnownOptions } from '@recsys/errors';
import { maxLengthOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import { asScorer, blockSize } from '../scoring/scorer.js';
import { bestItems, checkedK, type Recommendation, shownIds } from './recommendation.js';

export interface RecommendOptions {
  /** How many items at most, 1 up to the size of the catalog. Default 10, or all items of a smaller catalog. */
  k?: number | undefined;
  /** Whether items of the history are excluded. Default true. */
  excludeSeen?: boolean | undefined;
  /** Never recommend these items, in outside ids. Those that the model does not know make no difference. Default none. */
  exclude?: readonly Id[] | undefined;
  /**
   * Recommend only these items, in outside ids, such as those in stock. Those that the model does not know are skipped, but it must know
   * one of them. Default the whole catalog.
   */
  candidates?: readonly Id[] | undefined;
  /** Told of items of a history that the model does not know, which are then skipped. Default: such a history is an error. */
  onUnknownItems?: ((items: Id[], historyIndex: number) => void) | undefined;
}

const optionNames = ['k', 'excludeSeen', 'exclude', 'candidates', 'onUnknownItems'];

/**
 * Returns the best next items for one history of outside ids, oldest first; or a list for each of many histories. The user need not be known
 * to the model. A list is shorter than k where fewer items are left to choose from. No history gives an empty list.
 *
 * @throws {ModelError} `unknown-item` on an item of a history that the model does not know (unless `onUnknownItems` is given), on a history
 *   without a known item, and when it knows none of the candidates; `bad-option` on an unknown option or a bad k; `bad-score` when the model
 *   gives NaN.
 * @example
 * recommend(model, ['296', '318'], { k: 2 }); // [{ item: '593', score: 5.1 }, { item: '50', score: 4.8 }]
 * recommend(model, [['296', '318'], ['1']], { exclude: ['593'] }); // two lists
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
  assertKnownOptions('recommend', options, optionNames, { ErrorClass: ModelError });
  if (histories.length === 0 || Array.isArray(histories[0]))
    return recommendMany(model, histories as readonly (readonly Id[])[], options);
  return recommendMany(model, [histories as readonly Id[]], options)[0];
}

const recommendMany = (
  model: SequentialModel,
  histories: readonly (readonly Id[])[],
  options: RecommendOptions,
): Recommendation[][] => {
  const { excludeSeen = true, onUnknownItems } = options;
  const { catalog } = model.config;
  const k = checkedK('recommend', options.k, catalog);
  const inside = histories.map((history, i) => knownItems(catalog, history, i, onUnknownItems));
  const excluded = excludedItems(catalog, options);
  const scorer = asScorer(model);
  const width = catalog.ids.length + 1;
  const recommendations: Recommendation[][] = [];
  const size = blockSize(width);
  for (let start = 0; start < inside.length; start += size) {
    const block = inside.slice(start, start + size);
    // The model sees no more of a history than its newest items, but all of it has been seen.
    const scores = scorer.score(block.map((history) => history.subarray(-maxLengthOf(model))));
    block.forEach((history, row) => {
      const own = scores.subarray(row * width, (row + 1) * width);
      for (const item of excluded) own[item] = Number.NEGATIVE_INFINITY;
      if (excludeSeen) for (const item of history) own[item] = Number.NEGATIVE_INFINITY;
      recommendations.push(bestItems(own, { where: 'recommend', k, catalog }));
    });
  }
  return recommendations;
};

/** Returns the inside indices of the items of a history. */
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
      const items = unknown.length === 1 ? 'an item that' : `${unknown.length} items that`;
      throw new ModelError(
        'unknown-item',
        `recommend: history ${historyIndex} has ${items} the model does not know: ${shownIds(unknown)}.`,
        { advice: { option: 'onUnknownItems', purpose: 'to skip them' } },
      );
    }
    onUnknownItems(unknown, historyIndex);
  }
  const known = Int32Array.from(indices.filter((index) => index >= 0));
  if (known.length === 0)
    throw new ModelError('unknown-item', `recommend: history ${historyIndex} has no item that the model knows`);
  return known;
};

/** Returns the inside indices of the pad and of all items that no history may get. */
const excludedItems = (catalog: IdMap, { candidates, exclude = [] }: RecommendOptions): number[] => {
  const excluded = new Set([0, ...indicesOf(catalog, exclude)]);
  if (candidates === undefined) return [...excluded];
  const allowed = new Set(indicesOf(catalog, candidates));
  if (allowed.size === 0)
    throw new ModelError(
      'unknown-item',
      `recommend: none of the ${candidates.length} candidates is in the catalog of ${catalog.ids.length} items${candidates.length > 0 ? `: ${shownIds(candidates)}` : ''}`,
    );
  for (let item = 1; item <= catalog.ids.length; item++) if (!allowed.has(item)) excluded.add(item);
  return [...excluded];
};

/** Returns the inside indices of the ids that are in the catalog. */
const indicesOf = (catalog: IdMap, ids: readonly Id[]): number[] =>
  ids.map((id) => indexOfId(catalog, id)).filter((index) => index >= 0);
