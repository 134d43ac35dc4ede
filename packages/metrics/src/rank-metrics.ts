import { assertK, MetricsError } from './errors.js';

/** Name of a metric at a cutoff, as in the results of `evaluate` of `@recsys/training`: `hr@10`. */
export type MetricName = `${'hr' | 'ndcg' | 'mrr'}@${number}`;

/**
 * Returns 1 when the target is in the top k, else 0: `[rank < k]`.
 *
 * @param rank 0-based rank of the target; with ties it may be fractional.
 * @param k cutoff, >= 1.
 * @example
 * hitGain(3, 10); // 1
 * hitGain(3, 3); // 0: rank 3 is the fourth place
 */
export const hitGain = (rank: number, k: number): number => (rank < k ? 1 : 0);

/**
 * Returns the gain of the target, discounted by its rank, or 0 if it is not in the top k:
 * `[rank < k] / log2(rank + 2)`.
 *
 * With one target the ideal gain is 1, so this is NDCG@k as reported for SASRec (Kang & McAuley 2018, section IV-C;
 * Järvelin & Kekäläinen 2002). Libraries that divide by the ideal gain of k targets report other values.
 *
 * @param rank as in `hitGain`.
 * @example
 * ndcgGain(0, 10); // 1
 * ndcgGain(1, 10); // 1 / log2(3) = 0.6309
 * ndcgGain(10, 10); // 0
 */
export const ndcgGain = (rank: number, k: number): number => (rank < k ? 1 / Math.log2(rank + 2) : 0);

/**
 * Returns the reciprocal of the target's place, or 0 if it is not in the top k: `[rank < k] / (rank + 1)`.
 *
 * @param rank as in `hitGain`.
 * @example
 * reciprocalRankGain(3, 10); // 1 / 4
 * reciprocalRankGain(3, 3); // 0
 */
export const reciprocalRankGain = (rank: number, k: number): number => (rank < k ? 1 / (rank + 1) : 0);

const meanOver = (
  where: string,
  ranks: ArrayLike<number>,
  k: number,
  gain: (rank: number, k: number) => number,
): number => {
  assertK(where, k);
  if (ranks.length === 0) throw new MetricsError('bad-input', `${where}: needs at least one rank`);
  let sum = 0;
  for (let i = 0; i < ranks.length; i++) {
    const rank = ranks[i];
    if (!(rank >= 0)) throw new MetricsError('bad-value', `${where}: ranks must be >= 0, got ${rank} at ${i}`);
    sum += gain(rank, k);
  }
  return sum / ranks.length;
};

/**
 * Returns HR@k, the share of targets in the top k: the mean of `hitGain`.
 *
 * @param ranks 0-based rank of each target, at least one.
 * @param k cutoff, >= 1.
 * @throws {MetricsError} if k or a rank is invalid, or there are no ranks.
 * @example
 * hitRate([0, 3, 12], 10); // 2 / 3
 */
export const hitRate = (ranks: ArrayLike<number>, k: number): number => meanOver('hitRate', ranks, k, hitGain);

/**
 * Returns NDCG@k with one target per list: the mean of `ndcgGain`.
 *
 * @param ranks 0-based rank of each target, at least one.
 * @param k cutoff, >= 1.
 * @throws {MetricsError} if k or a rank is invalid, or there are no ranks.
 * @example
 * ndcg([0, 2, 12], 10); // (1 + 1 / log2(4) + 0) / 3 = 0.5
 */
export const ndcg = (ranks: ArrayLike<number>, k: number): number => meanOver('ndcg', ranks, k, ndcgGain);

/**
 * Returns MRR@k: the mean of `reciprocalRankGain`.
 *
 * @param ranks 0-based rank of each target, at least one.
 * @param k cutoff, >= 1.
 * @throws {MetricsError} if k or a rank is invalid, or there are no ranks.
 * @example
 * meanReciprocalRank([0, 3, 12], 10); // (1 + 1/4 + 0) / 3 = 0.4167
 */
export const meanReciprocalRank = (ranks: ArrayLike<number>, k: number): number =>
  meanOver('meanReciprocalRank', ranks, k, reciprocalRankGain);
