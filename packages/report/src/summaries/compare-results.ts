import { Rng } from '@recsys/data/core';
import { comparePaired, hitGain, type MetricName, ndcgGain, reciprocalRankGain } from '@recsys/metrics';
import { ReportError } from '../errors.js';
import type { MetricEstimate, RankedResult } from '../input/index.js';

/** How one result differs from another on the same targets. */
export interface Comparison {
  /** Mean of the first minus the second over targets. */
  readonly difference: MetricEstimate;
  readonly pValue: number;
  /** `above` or `below` if the interval of the difference excludes 0, else `equal`. */
  readonly verdict: 'above' | 'equal' | 'below';
}

const gains = { hr: hitGain, ndcg: ndcgGain, mrr: reciprocalRankGain } as const;

/** Returns what each rank adds to a metric such as `ndcg@10`. */
const gainsOf = (metric: MetricName, ranks: ArrayLike<number>): Float64Array => {
  const [name, cutoff] = metric.split('@') as [keyof typeof gains, string];
  return Float64Array.from(ranks, (rank) => gains[name](rank, Number(cutoff)));
};

/** Returns the first NDCG of a result, or else its first metric. */
export const decidingMetric = ({ metrics }: Pick<RankedResult, 'metrics'>): MetricName => {
  const names = Object.keys(metrics) as MetricName[];
  return names.find((name) => name.startsWith('ndcg@')) ?? names[0];
};

/**
 * Compares two results target by target, as `compareToBaselines` of `@recsys/training` does.
 * @throws {ReportError} `other-targets`.
 */
export const compareResults = (
  [name, a]: readonly [string, RankedResult],
  [otherName, b]: readonly [string, RankedResult],
  metric: MetricName,
): Comparison => {
  assertSameTargets([name, a], [otherName, b]);
  const rng = new Rng(0);
  const { difference, pValue } = comparePaired(gainsOf(metric, a.ranks), gainsOf(metric, b.ranks), {
    uniform: () => rng.float(),
  });
  const verdict = difference.low > 0 ? 'above' : difference.high < 0 ? 'below' : 'equal';
  return { difference, pValue, verdict };
};

const assertSameTargets = (
  [name, a]: readonly [string, RankedResult],
  [otherName, b]: readonly [string, RankedResult],
): void => {
  const isSame =
    a.protocol === b.protocol &&
    a.numNegatives === b.numNegatives &&
    a.targets.length === b.targets.length &&
    Array.from(a.targets).every((target, i) => target === b.targets[i]);
  if (isSame) return;
  throw new ReportError(
    'other-targets',
    `createReport: ${name} and ${otherName} must be evaluated on the same targets and by the same protocol to be compared`,
  );
};
