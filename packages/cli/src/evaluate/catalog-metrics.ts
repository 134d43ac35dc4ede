import {
  countItems,
  type EvaluationSet,
  evaluationHistories,
  type Id,
  idAt,
  indexOfId,
  type Split,
} from '@recsys/data';
import { catalogCoverage, giniIndex, novelty } from '@recsys/metrics';
import { recommend, type SequentialModel } from '@recsys/model';

/** How a model's lists use the catalog. */
export interface CatalogMetrics {
  /** Length of the lists. */
  readonly k: number;
  readonly numLists: number;
  /** Share of the catalog that is in at least one list. */
  readonly coverage: number;
  /** 0 when all items are recommended equally often, near 1 when a few are always recommended. */
  readonly gini: number;
  /** Mean self-information of the recommended items in training, bits. */
  readonly novelty: number;
}

interface CatalogMetricsOptions {
  readonly k: readonly number[];
  readonly excludeSeen: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** Histories that are scored together. */
const blockSize = 1000;

/** Returns metrics of the top-k lists for the history of every target, for each cut-off. */
export const catalogMetrics = (
  model: SequentialModel,
  split: Split,
  set: EvaluationSet,
  { k, excludeSeen, onProgress }: CatalogMetricsOptions,
): CatalogMetrics[] => {
  const { catalog } = split;
  const numLists = set.targets.length;
  const longest = Math.max(...k);
  const lists: Int32Array[] = [];
  for (let start = 0; start < numLists; start += blockSize) {
    const histories = evaluationHistories(set, start, Math.min(start + blockSize, numLists)).map((history) =>
      Array.from(history, (item): Id => idAt(catalog, item)),
    );
    for (const list of recommend(model, histories, { k: longest, excludeSeen }))
      lists.push(Int32Array.from(list, ({ item }) => indexOfId(catalog, item)));
    onProgress(lists.length, numLists);
  }
  const numItems = catalog.ids.length;
  const interactions = countItems(split.train);
  return k.map((cutoff) => {
    const top = lists.map((list) => list.subarray(0, cutoff));
    return {
      k: cutoff,
      numLists,
      coverage: catalogCoverage(top, numItems),
      gini: giniIndex(top, numItems),
      novelty: novelty(top, interactions),
    };
  });
};
