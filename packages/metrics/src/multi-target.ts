import { assertK, MetricsError } from './errors.js';

/**
 * Returns Recall@k of one list, the share of its targets in the top k: `|{rank < k}| / |targets|`.
 *
 * @param ranks 0-based rank of each target in the list, at least one; `Infinity` for a target that is not in the list.
 * @param k cutoff, >= 1.
 * @throws {MetricsError} if k or a rank is invalid, or there are no targets.
 * @example
 * recall([0, 4, 12], 10); // 2 / 3
 */
export const recall = (ranks: ArrayLike<number>, k: number): number => hitsOf('recall', ranks, k).length / ranks.length;

/**
 * Returns Precision@k of one list, the share of its top k that are targets: `|{rank < k}| / k`.
 *
 * @param ranks as in `recall`.
 * @throws {MetricsError} if k or a rank is invalid, or there are no targets.
 * @example
 * precision([0, 4, 12], 10); // 2 / 10
 */
export const precision = (ranks: ArrayLike<number>, k: number): number => hitsOf('precision', ranks, k).length / k;

/**
 * Returns AP@k of one list: the sum of the precisions at the rank of each target in the top k, divided by
 * `min(|targets|, k)`, so that a perfect list scores 1. Its mean over lists is MAP@k (Manning, Raghavan & Schütze 2008,
 * section 8.4).
 *
 * @param ranks as in `recall`; distinct.
 * @throws {MetricsError} if k or a rank is invalid, or there are no targets.
 * @example
 * averagePrecision([0, 4, 12], 10); // (1/1 + 2/5) / 3 = 0.4667
 */
export const averagePrecision = (ranks: ArrayLike<number>, k: number): number => {
  const hits = hitsOf('averagePrecision', ranks, k).sort((a, b) => a - b);
  const sum = hits.reduce((total, rank, i) => total + (i + 1) / (rank + 1), 0);
  return sum / Math.min(ranks.length, k);
};

/** Returns the ranks that are in the top k. */
const hitsOf = (where: string, ranks: ArrayLike<number>, k: number): number[] => {
  assertK(where, k);
  if (ranks.length === 0) throw new MetricsError('bad-input', `${where}: needs at least one target`);
  return Array.from(ranks).filter((rank, i) => {
    if (!(rank >= 0)) throw new MetricsError('bad-value', `${where}: ranks must be >= 0, got ${rank} at ${i}`);
    return rank < k;
  });
};
