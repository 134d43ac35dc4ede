import type { Id } from '@recsys/data/core';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { ModelError } from '../errors.js';
import type { CatalogFilter } from './catalog-filter.js';

/** Some items: in outside ids, or prepared by `catalogFilter`. In a batch also a function that gives those of each history. */
export type ItemChoice<OwnId extends Id = Id> =
  | readonly OwnId[]
  | CatalogFilter
  | ((historyIndex: number) => readonly OwnId[] | CatalogFilter | undefined);

export interface RecommendOptions<OwnId extends Id = Id> {
  /** How many items at most, 1 up to the size of the catalog. Default 10, or all items of a smaller catalog. */
  k?: number | undefined;
  /** Whether a k above the size of the catalog means the whole catalog. Default false: it is an error. */
  capK?: boolean | undefined;
  /** Whether items of the history are excluded. Default true. */
  excludeSeen?: boolean | undefined;
  /** Never recommend these items. Ids that the model does not know make no difference. Default none. */
  exclude?: ItemChoice<OwnId> | undefined;
  /** Recommend only these items, such as those in stock. Ids that the model does not know are skipped. Default the whole catalog. */
  candidates?: ItemChoice<OwnId> | undefined;
  /**
   * What a history without any item that the model knows gets: `popular`, the items with the most interactions; a list of items, best first; or
   * `none`, an empty list. Filters apply to it. Items of a history that the model does not know are then skipped. Default: such a history is an
   * error.
   */
  fallback?: 'popular' | 'none' | readonly OwnId[] | undefined;
  /**
   * How much to prefer items that are unlike those before them in the list, 0 (not at all) to 1: maximal marginal relevance over the item vectors.
   * Default 0.
   */
  diversity?: number | undefined;
  /** At most `max` items of a list have the same value of `of`, such as their brand. Default: no limit. */
  limit?: { readonly of: (item: OwnId) => unknown; readonly max: number } | undefined;
  /**
   * When the items of the history were met, in seconds, as the times of the training data: since 1970, if those were times of the calendar. In a
   * batch, a list for each history. Required by models that use times, and not used by others.
   */
  times?: readonly number[] | readonly (readonly number[])[] | undefined;
  /** The time of the request, in seconds like `times`; in a batch also one for each history. Default now, by the clock. */
  at?: number | readonly number[] | undefined;
  /** Told of items of a history that the model does not know, which are then skipped. Default without `fallback`: they are an error. */
  onUnknownItems?: ((items: OwnId[], historyIndex: number) => void) | undefined;
  /** Told of ids in `candidates` or `exclude` that the model does not know. */
  onUnknownCandidates?: ((items: OwnId[]) => void) | undefined;
  /** Told of each history that got the fallback. */
  onFallback?: ((historyIndex: number) => void) | undefined;
}

const optionNames: readonly (keyof RecommendOptions)[] = [
  'k',
  'capK',
  'excludeSeen',
  'exclude',
  'candidates',
  'fallback',
  'diversity',
  'limit',
  'times',
  'at',
  'onUnknownItems',
  'onUnknownCandidates',
  'onFallback',
];

/** @throws {ModelError} `bad-option` on an unknown option or one out of range. */
export const assertRecommendOptions = <OwnId extends Id>(where: string, options: RecommendOptions<OwnId>): void => {
  assertKnownOptions(where, options, optionNames, { ErrorClass: ModelError });
  const { diversity = 0, limit, fallback } = options;
  if (!(diversity >= 0 && diversity <= 1))
    throw new ModelError('bad-option', `${where}: diversity must be in 0..1, got ${diversity}`);
  if (limit !== undefined) {
    assertKnownOptions(`${where}: limit`, limit, ['of', 'max'], { ErrorClass: ModelError });
    assertInteger(where, 'limit.max', limit.max, { minimum: 1, ErrorClass: ModelError });
    if (typeof limit.of !== 'function')
      throw new ModelError('bad-option', `${where}: limit.of must be a function of an item, got ${String(limit.of)}`);
  }
  if (fallback !== undefined && fallback !== 'popular' && fallback !== 'none' && !Array.isArray(fallback))
    throw new ModelError(
      'bad-option',
      `${where}: fallback must be popular, none or a list of items, got ${String(fallback)}`,
    );
};
