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

/** Returns what each rank, 0-based, adds to a metric such as `ndcg@10`. */
export const gainsOf = (metric: MetricName, ranks: ArrayLike<number>): Float64Array => {
  const [name, cutoff] = metric.split('@') as [keyof typeof gains, string];
  return Float64Array.from(ranks, (rank) => gains[name](rank, Number(cutoff)));
};

/** Returns the metrics of ranks, 0-based, at each cut-off. */
export const metricsOfRanks = (
  ranks: ArrayLike<number>,
  { k, seed }: { k: readonly number[]; seed: number },
): MetricEstimates => {
  const metrics: Record<MetricName, MetricEstimate> = {};
  for (const name of metricNames(k)) {
    const rng = new Rng(seed);
    metrics[name] = bootstrapMean(gainsOf(name, ranks), { uniform: () => rng.float() });
  }
  return metrics;
};
