import { type Id, type IdMap, idAt } from '@recsys/data/core';
import { MetricsError, topK } from '@recsys/metrics';
import { ModelError } from '../errors.js';
import type { Ranked } from './diversify.js';

/** An item in the user's own id, with the model's score. */
export interface Recommendation<OwnId extends Id = Id> {
  readonly item: OwnId;
  /** Higher is better; comparable within one list only. */
  readonly score: number;
}

/**
 * Returns k; by default 10, or the size of a smaller catalog.
 * @param capped whether a larger k becomes the size of the catalog.
 * @throws {ModelError} `bad-option` unless it is in 1 .. the size of the catalog.
 */
export const checkedK = (where: string, k: number | undefined, catalog: IdMap, capped = false): number => {
  const numItems = catalog.ids.length;
  if (k === undefined) return Math.min(10, numItems);
  const given = capped ? Math.min(k, numItems) : k;
  if (Number.isSafeInteger(given) && given >= 1 && given <= numItems) return given;
  throw new ModelError(
    'bad-option',
    `${where}: k must be an integer from 1 to ${numItems}, the size of the catalog, got ${k}`,
  );
};

/**
 * Returns the best `count` places of scores, best first.
 * @param scores -Infinity for what is excluded.
 * @throws {ModelError} `bad-score` on a score that is not a number.
 */
export const bestPlaces = (where: string, scores: Float32Array, count: number): Ranked => {
  if (scores.length === 0) return { indices: new Int32Array(0), scores };
  try {
    return topK(scores, count);
  } catch (cause) {
    if (!(cause instanceof MetricsError)) throw cause;
    throw badScore(where, cause);
  }
};

/** Returns the error for a score that is not a number. */
export const badScore = (where: string, cause?: unknown): ModelError =>
  new ModelError(
    'bad-score',
    `${where}: the model gives scores that are not numbers; its weights are damaged, or its training diverged`,
    { cause },
  );

/** Returns ranked items in outside ids. */
export const inOutsideIds = <OwnId extends Id>(
  catalog: IdMap<OwnId>,
  { indices, scores }: Ranked,
): Recommendation<OwnId>[] => Array.from(indices, (index, i) => ({ item: idAt(catalog, index), score: scores[i] }));

/** Returns ids as an error shows them: the first five. */
export const shownIds = (ids: readonly Id[]): string => {
  const shown = ids.slice(0, 5).map((id) => JSON.stringify(id));
  return ids.length > 5 ? `${shown.join(', ')}, …` : shown.join(', ');
};
