import { type HistoryTimes, type Id, type IdMap, indexOfId } from '@recsys/data/core';
import { ExcludedItems } from '@recsys/layers';
import { maxLengthOf, numItemsOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import { asScorer, blockSize, type RankedScores, type Scorer } from '../scoring/scorer.js';
import { CatalogFilter, catalogFilter } from './catalog-filter.js';
import { diversify, limitPerValue, type Ranked } from './diversify.js';
import { fallbackScores } from './fallback.js';
import { assertRecommendOptions, type ItemChoice, type RecommendOptions } from './recommend-options.js';
import { badScore, bestPlaces, checkedK, inOutsideIds, type Recommendation, shownIds } from './recommendation.js';
import { type RequestTimes, requestTimes } from './request-times.js';

/**
 * Returns the best next items for a history of outside ids, oldest first, best first. The user need not be known to the model. The list is shorter
 * than k where fewer items are left to choose from.
 *
 * @throws {ModelError} `unknown-item` on an item of the history that the model does not know, and on a history without a known item, unless
 *   `fallback` or `onUnknownItems` is given; `no-times` when the model uses times and they are not given; `bad-option` on an unknown option or one out of range; `bad-score` when the model gives NaN.
 * @example
 * recommend(model, ['296', '318'], { k: 2 }); // [{ item: '593', score: 5.1 }, { item: '50', score: 4.8 }]
 * recommend(model, [], { fallback: 'popular' }); // a new visitor
 * recommend(hstu, ['296', '318'], { times: [1790000000, 1790000600] }); // a model that uses times; the request is now
 */
export const recommend = <OwnId extends Id = Id>(
  model: SequentialModel,
  history: readonly OwnId[],
  options: RecommendOptions<OwnId> = {},
): Recommendation<OwnId>[] => recommendFor('recommend', model, [history], options)[0];

/**
 * Returns the best next items for each of many histories; no list for no history. Histories are scored in blocks, which is faster than one by one.
 * As `recommend` else.
 *
 * @example
 * recommendBatch(model, [['296', '318'], ['1']], { k: 10 }); // two lists
 */
export const recommendBatch = <OwnId extends Id = Id>(
  model: SequentialModel,
  histories: readonly (readonly OwnId[])[],
  options: RecommendOptions<OwnId> = {},
): Recommendation<OwnId>[][] => recommendFor('recommendBatch', model, histories, options);

/** A history in inside indices, and what it may get. */
interface Request {
  readonly history: Int32Array;
  /** The items of the history that it may not get again. */
  readonly seen: Int32Array;
  /** For a model that uses times. */
  readonly times: RequestTimes | undefined;
  readonly candidates: CatalogFilter | undefined;
  readonly exclude: CatalogFilter | undefined;
}

/** Up to this share of the catalog, candidates are scored alone: a gather costs more per item than the product with the whole table. */
const fewCandidates = 1 / 16;

const recommendFor = <OwnId extends Id>(
  where: string,
  model: SequentialModel,
  histories: readonly (readonly OwnId[])[],
  options: RecommendOptions<OwnId>,
): Recommendation<OwnId>[][] => {
  assertRecommendOptions(where, options);
  const catalog = model.config.catalog as IdMap<OwnId>;
  const k = checkedK(where, options.k, catalog, options.capK);
  const scorer = asScorer(model);
  const requests = requestsOf(where, model, histories, options);
  const lists = new Array<Ranked>(requests.length);
  const rank = (scores: Float32Array, items: Int32Array | undefined): Ranked =>
    rankedList(where, model, { scores, items, k, options });

  /** The places of requests that are scored together: over the same few candidates, or over all items. */
  const groups = new Map<CatalogFilter | undefined, number[]>();
  requests.forEach((request, i) => {
    if (request.history.length === 0) {
      options.onFallback?.(i);
      lists[i] = rank(excludeFrom(fallbackScores(catalog, options.fallback), request), undefined);
      return;
    }
    const { candidates } = request;
    const isFew = candidates !== undefined && candidates.items.length <= fewCandidates * catalog.ids.length;
    const group = isFew ? candidates : undefined;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group)!.push(i);
  });
  for (const [few, places] of groups) {
    const items = few?.items;
    if (items === undefined && scorer.ranked !== undefined && options.limit === undefined) {
      const size = Math.min(listSize(k, options), catalog.ids.length);
      forEachBest(where, scorer.ranked, model, { requests, places, k: size }, (i, list) => {
        lists[i] = diversified(model, list, k, options);
      });
      continue;
    }
    forEachRow(scorer, model, { requests, places, items }, (i, scores) => {
      const left = items === undefined ? excludeFrom(scores, requests[i]) : excludeAmong(items, scores, requests[i]);
      lists[i] = rank(left, items);
    });
  }
  return lists.map((list) => inOutsideIds(catalog, list));
};

/** Finds the best k items for each of some requests, block by block. */
const forEachBest = (
  where: string,
  scorer: RankedScores,
  model: SequentialModel,
  { requests, places, k }: { requests: readonly Request[]; places: readonly number[]; k: number },
  take: (place: number, list: Ranked) => void,
): void => {
  const items = numItemsOf(model) + 1;
  const size = blockSize(items / 32); // of each item there is only a bit
  for (let start = 0; start < places.length; start += size) {
    const block = places.slice(start, start + size);
    const histories = block.map((i) => newest(model, requests[i].history));
    const excluded = new ExcludedItems(block.length, items);
    block.forEach((i, row) => {
      const { seen, candidates, exclude } = requests[i];
      excluded.add(row, [0]);
      if (candidates !== undefined) excluded.addAll(row, candidates.excluded, { inverted: true });
      if (exclude !== undefined) excluded.addAll(row, exclude.excluded);
      excluded.add(row, seen);
    });
    const { scores, indices } = scorer.best(histories, { k, excluded }, timesOf(model, requests, block));
    block.forEach((i, row) => {
      if (Number.isNaN(scores[row * k])) throw badScore(where);
      let end = row * k;
      while (end < (row + 1) * k && indices[end] >= 0) end += 1;
      take(i, { indices: indices.subarray(row * k, end), scores: scores.subarray(row * k, end) });
    });
  }
};

interface Group {
  readonly requests: readonly Request[];
  readonly places: readonly number[];
  /** The items to score; absent: all. */
  readonly items: Int32Array | undefined;
}

/** Scores items for the histories of a group, block by block. */
const forEachRow = (
  scorer: Scorer,
  model: SequentialModel,
  { requests, places, items }: Group,
  take: (place: number, scores: Float32Array) => void,
): void => {
  const width = items?.length ?? scorer.numItems + 1;
  const size = blockSize(width);
  for (let start = 0; start < places.length; start += size) {
    const block = places.slice(start, start + size);
    const histories = block.map((i) => newest(model, requests[i].history));
    const scores =
      width === 0
        ? new Float32Array(0)
        : scorer.score(histories, items && repeated(items, block.length), timesOf(model, requests, block));
    block.forEach((i, row) => {
      take(i, scores.subarray(row * width, (row + 1) * width));
    });
  }
};

/** Returns when the items that the model sees of some requests were met. */
const timesOf = (
  model: SequentialModel,
  requests: readonly Request[],
  places: readonly number[],
): HistoryTimes | undefined => {
  if (model.usesTimes !== true) return undefined;
  const own = places.map((i) => requests[i].times!);
  return { times: own.map(({ times }) => times.subarray(-maxLengthOf(model))), at: own.map(({ at }) => at) };
};

/** Returns the same items for each of many rows. */
const repeated = (items: Int32Array, rows: number): Int32Array => {
  if (rows === 1) return items;
  const all = new Int32Array(rows * items.length);
  for (let row = 0; row < rows; row++) all.set(items, row * items.length);
  return all;
};

/** Returns what the model sees of a history; but all of it has been seen. */
const newest = (model: SequentialModel, history: Int32Array): Int32Array => history.subarray(-maxLengthOf(model));

const minusInfinity = Number.NEGATIVE_INFINITY;
const none = new Int32Array(0);

/** Removes items from scores of the whole catalog, in place: the pad, other items than the candidates, and what is excluded. */
const excludeFrom = (scores: Float32Array, { seen, candidates, exclude }: Request): Float32Array => {
  scores[0] = minusInfinity;
  for (const items of [candidates?.others, exclude?.items, seen])
    for (const item of items ?? []) scores[item] = minusInfinity;
  return scores;
};

/** Removes what is excluded from scores of candidates, in place. */
const excludeAmong = (items: Int32Array, scores: Float32Array, { seen, exclude }: Request): Float32Array => {
  const excluded = new Set([...(exclude?.items ?? []), ...seen]);
  for (let i = 0; i < items.length; i++) if (excluded.has(items[i])) scores[i] = minusInfinity;
  return scores;
};

interface Ranking<OwnId extends Id> {
  readonly scores: Float32Array;
  /** The item of each score; absent: its index. */
  readonly items: Int32Array | undefined;
  readonly k: number;
  readonly options: RecommendOptions<OwnId>;
}

/** Returns the list for scores: the best k, or k of more by limit and diversity. */
const rankedList = <OwnId extends Id>(
  where: string,
  model: SequentialModel,
  { scores, items, k, options }: Ranking<OwnId>,
): Ranked => {
  const { limit } = options;
  const best = (count: number): Ranked => {
    const places = bestPlaces(where, scores, Math.min(count, scores.length));
    return items === undefined ? places : { ...places, indices: places.indices.map((place) => items[place]) };
  };
  const size = listSize(k, options);
  const list = limit === undefined ? best(size) : limitedList(model, best, { size, limit });
  return diversified(model, list, k, options);
};

/** How many of the best items are wanted: more than k for diversity to choose from. */
const listSize = (k: number, { diversity = 0 }: { diversity?: number | undefined }): number =>
  diversity > 0 ? Math.max(100, 5 * k) : k;

/** Returns k of the best items with the wanted diversity. */
const diversified = (
  model: SequentialModel,
  list: Ranked,
  k: number,
  { diversity = 0 }: { diversity?: number | undefined },
): Ranked => (diversity > 0 && list.indices.length > 0 ? diversify(model, list, { k, diversity }) : list);

/** Returns the best `size` items under a limit, from as many of the best as it takes. */
const limitedList = <OwnId extends Id>(
  { config }: SequentialModel,
  best: (count: number) => Ranked,
  { size, limit }: { size: number; limit: NonNullable<RecommendOptions<OwnId>['limit']> },
): Ranked => {
  const { ids, first } = config.catalog as IdMap<OwnId>;
  for (let count = 10 * size; ; count *= 4) {
    const ranked = best(count);
    const list = limitPerValue(ranked, { k: size, max: limit.max, attributeOf: (item) => limit.of(ids[item - first]) });
    if (list.indices.length === size || ranked.indices.length < count) return list;
  }
};

const requestsOf = <OwnId extends Id>(
  where: string,
  model: SequentialModel,
  histories: readonly (readonly OwnId[])[],
  options: RecommendOptions<OwnId>,
): Request[] => {
  const catalog = model.config.catalog as IdMap<OwnId>;
  const [candidatesOf, excludeOf] = [options.candidates, options.exclude].map((choice) =>
    chooser(catalog, choice, options.onUnknownCandidates),
  );
  const { excludeSeen = true } = options;
  const known = histories.map((ids, i) => knownItems(where, catalog, ids, i, options));
  const timesOfRequest = requestTimes(where, model, histories, options);
  return known.map(({ items, places }, i) => ({
    history: items,
    seen: excludeSeen ? items : none,
    times: timesOfRequest(i, places),
    candidates: candidatesOf(i),
    exclude: excludeOf(i),
  }));
};

/** Returns the filter of each history; one that all share is made once. */
const chooser = <OwnId extends Id>(
  catalog: IdMap<OwnId>,
  choice: ItemChoice<OwnId> | undefined,
  onUnknown: RecommendOptions<OwnId>['onUnknownCandidates'],
): ((historyIndex: number) => CatalogFilter | undefined) => {
  const filterOf = (items: readonly OwnId[] | CatalogFilter | undefined): CatalogFilter | undefined => {
    if (items === undefined || items instanceof CatalogFilter) return items?.assertFor(catalog);
    const filter = catalogFilter(catalog, items);
    if (filter.unknown.length > 0) onUnknown?.(filter.unknown as OwnId[]);
    return filter;
  };
  if (typeof choice === 'function') return (i) => filterOf(choice(i));
  const shared = filterOf(choice);
  return () => shared;
};

/** Returns the inside indices of the items of a history that the model knows, and their places in it; none where it gets the fallback. */
const knownItems = <OwnId extends Id>(
  where: string,
  catalog: IdMap<OwnId>,
  history: readonly OwnId[],
  historyIndex: number,
  { onUnknownItems, fallback }: RecommendOptions<OwnId>,
): { items: Int32Array; places: Int32Array } => {
  const name = where === 'recommend' ? 'the history' : `history ${historyIndex}`;
  assertHistory(where, name, history);
  const found = new Int32Array(history.length);
  const places = new Int32Array(history.length);
  let count = 0;
  const unknown: OwnId[] = [];
  for (let place = 0; place < history.length; place++) {
    const id = history[place];
    const index = indexOfId(catalog, id);
    if (index >= 0) {
      found[count] = index;
      places[count++] = place;
    } else unknown.push(id);
  }
  if (unknown.length > 0) {
    if (onUnknownItems === undefined && fallback === undefined) {
      const items = unknown.length === 1 ? 'an item that' : `${unknown.length} items that`;
      throw new ModelError(
        'unknown-item',
        `${where}: ${name} has ${items} the model does not know: ${shownIds(unknown)}.`,
        { advice: { option: 'onUnknownItems', purpose: 'to skip them, or fallback' } },
      );
    }
    onUnknownItems?.(unknown, historyIndex);
  }
  if (count === 0 && fallback === undefined)
    throw new ModelError('unknown-item', `${where}: ${name} has no item that the model knows.`, {
      advice: { option: 'fallback', value: 'popular', purpose: 'to recommend popular items then' },
    });
  return { items: found.subarray(0, count), places: places.subarray(0, count) };
};

/** @throws {ModelError} `bad-option` when a history is not a list of ids, such as a list of histories. */
const assertHistory = (where: string, name: string, history: unknown): void => {
  const isHistory = Array.isArray(history) && history.every((id) => typeof id === 'string' || typeof id === 'number');
  if (isHistory) return;
  const advice = Array.isArray(history) && Array.isArray(history[0]) ? '; recommendBatch takes many histories' : '';
  throw new ModelError(
    'bad-option',
    `${where}: ${name} must be a list of item ids, which are strings or numbers${advice}`,
  );
};
