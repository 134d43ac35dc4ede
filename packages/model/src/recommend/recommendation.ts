import { type Id, type IdMap, idAt } from '@recsys/data';
import { MetricsError, topK } from '@recsys/metrics';
import { ModelError } from '../errors.js';

/** An item in the user's own id, with the model's score. */
export interface Recommendation {
  readonly item: Id;
  /** Higher is better; comparable within one list only. */
  readonly score: number;
}

/** Returns k, or by default 10 or the size of a smaller catalog. @throws {ModelError} unless it is in 1 .. the size of the catalog. */
export const checkedK = (where: string, k: number | undefined, catalog: IdMap): number => {
  const numItems = catalog.ids.length;
  if (k === undefined) return Math.min(10, numItems);
  if (Number.isSafeInteger(k) && k >= 1 && k <= numItems) return k;
  throw new ModelError(
    'bad-option',
    `${where}: k must be an integer from 1 to ${numItems}, the size of the catalog, got ${k}`,
  );
};

/**
 * Returns the best k items in outside ids, best first.
 * @param scores `[numItems + 1]`, -Infinity for the pad and for items that are excluded.
 */
export const bestItems = (
  scores: Float32Array,
  { where, k, catalog }: { where: string; k: number; catalog: IdMap },
): Recommendation[] => {
  try {
    const best = topK(scores, k);
    return Array.from(best.indices, (index, i) => ({ item: idAt(catalog, index), score: best.scores[i] }));
  } catch (cause) {
    if (!(cause instanceof MetricsError)) throw cause;
    throw new ModelError(
      'bad-score',
      `${where}: the model gives scores that are not numbers; its weights are damaged, or its training diverged`,
      { cause },
    );
  }
};

/** Returns ids as an error shows them: the first five. */
export const shownIds = (ids: readonly Id[]): string => {
  const shown = ids.slice(0, 5).map((id) => JSON.stringify(id));
  return ids.length > 5 ? `${shown.join(', ')}, …` : shown.join(', ');
};
