import { Rng } from '@recsys/data';
import { bootstrapMean, hitGain, type MetricName, ndcgGain, reciprocalRankGain } from '@recsys/metrics';

/** A mean over targets with its 95 % percentile-bootstrap confidence interval. */
export interface MetricEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Estimates by metric name: `hr@10`, `ndcg@10`, `mrr@10`, and so on for each cut-off. */
export type MetricEstimates = Readonly<Record<MetricName, MetricEstimate>>;

const gains = { hr: hitGain, ndcg: ndcgGain, mrr: reciprocalRankGain } as const;

/** Returns the names of the metrics at each cut-off. */
export const metricNames = (k: readonly number[]): MetricName[] =>
  k.flatMap((cutoff) => (Object.keys(gains) as (keyof typeof gains)[]).map((name) => `${name}@${cutoff}` as const));

/** Returns the metrics of ranks, 0-based, at each cut-off. */
export const metricsOfRanks = (
  ranks: ArrayLike<number>,
  { k, seed }: { k: readonly number[]; seed: number },
): MetricEstimates => {
  const metrics: Record<MetricName, MetricEstimate> = {};
  for (const cutoff of k) {
    for (const [name, gain] of Object.entries(gains) as [keyof typeof gains, (typeof gains)['hr']][]) {
      const rng = new Rng(seed);
      const perTarget = Float64Array.from(ranks, (rank) => gain(rank, cutoff));
      metrics[`${name}@${cutoff}`] = bootstrapMean(perTarget, { uniform: () => rng.float() });
    }
  }
  return metrics;
};
