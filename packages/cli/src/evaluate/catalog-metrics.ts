import { type EvaluationSet, evaluationHistories, evaluationTimes, type Id, idAt, type Split } from '@recsys/data';
import { type Recommendation, recommendBatch, type SequentialModel } from '@recsys/model';
import { type RecommendationMetrics, recommendationMetrics } from '@recsys/training';

/** How a model's lists of k items use the catalog. */
export interface CatalogMetrics extends RecommendationMetrics {
  readonly k: number;
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
  { k, ...options }: CatalogMetricsOptions,
): CatalogMetrics[] => {
  const lists = recommendedLists(model, split, set, { k: Math.max(...k), ...options });
  return k.map((cutoff) => ({
    k: cutoff,
    ...recommendationMetrics(
      lists.map((list) => list.slice(0, cutoff)),
      split.train,
    ),
  }));
};

/** Returns the k best items for the history of every target. */
export const recommendedLists = (
  model: SequentialModel,
  split: Split,
  set: EvaluationSet,
  { k, excludeSeen, onProgress }: Omit<CatalogMetricsOptions, 'k'> & { readonly k: number },
): Recommendation[][] => {
  const numLists = set.targets.length;
  const lists: Recommendation[][] = [];
  for (let start = 0; start < numLists; start += blockSize) {
    const end = Math.min(start + blockSize, numLists);
    const histories = evaluationHistories(set, start, end).map((history) =>
      Array.from(history, (item): Id => idAt(split.catalog, item)),
    );
    const known = model.usesTimes ? evaluationTimes(set, start, end) : undefined;
    const times = known && { times: known.times.map((own) => [...own]), at: [...(known.at as number[])] };
    lists.push(...recommendBatch(model, histories, { k, excludeSeen, ...times }));
    onProgress(lists.length, numLists);
  }
  return lists;
};
