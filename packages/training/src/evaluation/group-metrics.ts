import { countItems, type UserSequences } from '@recsys/data';
import { assertKnownOptions } from '@recsys/errors';
import { byGroup } from '@recsys/metrics';
import { TrainingError } from '../errors.js';
import type { EvaluationResult } from './evaluate.js';
import { type MetricEstimates, metricsOfRanks } from './metric-estimates.js';

/** Metrics of the targets of one group. */
export interface GroupMetrics {
  readonly group: 'short-history' | 'long-history' | 'head-target' | 'tail-target';
  /** Of histories: the most items that a short one has. Of targets: how many items are in the head. */
  readonly limit: number;
  /** Number of targets in the group. */
  readonly numTargets: number;
  /** As in `EvaluationResult`. */
  readonly metrics: MetricEstimates;
}

export interface GroupMetricsOptions {
  /** Cut-offs of the metrics, each >= 1. Default [10]. */
  k?: readonly number[] | undefined;
  /** Seed of the confidence intervals. Default 0. */
  seed?: number | undefined;
}

/** The share of training interactions that the head of the catalog holds, by Pareto's rule. */
const headShare = 0.8;

/**
 * Returns the metrics of an evaluation by length of history and by popularity of the target. A group without targets is not in the result.
 *
 * - `short-history`: at most as many items as the median history of the evaluated users; `long-history`: more.
 * - `head-target`: the target is one of the head, the fewest most popular items that together hold at least 80 % of the training
 *   interactions (of equally popular ones the first in the catalog come first); `tail-target`: one of the rest.
 *
 * Example: of items with 6, 2, 1 and 1 interactions in training, the first two hold 80 %: they are the head.
 *
 * @param result of `evaluate`.
 * @param train whose interactions say how popular an item is: the train part of the split.
 * @example
 * const result = await evaluate(model, split.test, { protocol: 'full' });
 * metricsByGroup(result, split.train); // [{ group: 'short-history', limit: 7, numTargets: 320, metrics }, …]
 */
export const metricsByGroup = (
  { ranks, targets, historyLengths }: EvaluationResult,
  train: UserSequences,
  options: GroupMetricsOptions = {},
): GroupMetrics[] => {
  assertKnownOptions('metricsByGroup', options, ['k', 'seed'], { ErrorClass: TrainingError });
  const { k = [10], seed = 0 } = options;
  const median = historyLengths.slice().sort()[(historyLengths.length - 1) >> 1];
  const head = headOf(train);
  const byLength = byGroup<GroupMetrics['group']>(
    ranks,
    Array.from(historyLengths, (length) => (length <= median ? 'short-history' : 'long-history')),
  );
  const byPopularity = byGroup<GroupMetrics['group']>(
    ranks,
    Array.from(targets, (target) => (head.has(target) ? 'head-target' : 'tail-target')),
  );
  const order = ['short-history', 'long-history', 'head-target', 'tail-target'] as const;
  return order.flatMap((group) => {
    const own = byLength.get(group) ?? byPopularity.get(group);
    if (own === undefined) return [];
    const limit = group.endsWith('history') ? median : head.size;
    return [{ group, limit, numTargets: own.length, metrics: metricsOfRanks(own, { k, seed }) }];
  });
};

/** Returns the fewest most popular items that hold `headShare` of the interactions. */
const headOf = (train: UserSequences): Set<number> => {
  const counts = countItems(train);
  const byPopularity = Int32Array.from({ length: counts.length - 1 }, (_, i) => i + 1).sort(
    (a, b) => counts[b] - counts[a] || a - b,
  );
  const wanted = headShare * counts.reduce((sum, count) => sum + count, 0);
  const head = new Set<number>();
  let held = 0;
  for (const item of byPopularity) {
    if (held >= wanted) break;
    head.add(item);
    held += counts[item];
  }
  return head;
};
