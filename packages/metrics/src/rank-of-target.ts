import { assertKnownOptions, MetricsError } from './errors.js';

/**
 * How candidates with the same score as the target count: half of them as ahead (`expected`), none (`optimistic`) or
 * all (`pessimistic`).
 */
export type Ties = 'expected' | 'optimistic' | 'pessimistic';

const shareAhead: Readonly<Record<Ties, number>> = { expected: 0.5, optimistic: 0, pessimistic: 1 };

/**
 * Returns the 0-based rank of the target among candidates: the number with a higher score, plus half (none, all) of
 * those that tie.
 *
 * @param scores of the candidates; `-Infinity` excludes one: it is never ahead and never ties.
 * @param target index of the target in `scores`.
 * @param options.ties how ties count. Default `expected`.
 * @throws {MetricsError} if a score is NaN, the target is outside `scores` or excluded, or an option is unknown.
 * @example
 * rankOfTarget([3, 9, 3, 1], 0); // 1.5: one is higher, and one of two ties counts half
 * rankOfTarget([3, 9, 3, 1], 0, { ties: 'pessimistic' }); // 2
 */
export const rankOfTarget = (
  scores: ArrayLike<number>,
  target: number,
  options: { ties?: Ties | undefined } = {},
): number => {
  assertKnownOptions('rankOfTarget', options, ['ties']);
  const { ties = 'expected' } = options;
  const own = scores[target];
  if (own === undefined || own === Number.NEGATIVE_INFINITY) {
    throw new MetricsError(
      'bad-value',
      `rankOfTarget: the target must be one of ${scores.length} candidates, got index ${target} with score ${own}`,
    );
  }
  const share = shareAhead[ties];
  if (share === undefined)
    throw new MetricsError(
      'bad-option',
      `rankOfTarget: ties must be expected, optimistic or pessimistic, got ${String(ties)}`,
    );
  let higher = 0;
  let tied = 0;
  let lower = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    // Sums of comparisons: a processor cannot predict branches on scores, so they take twice as long.
    higher += Number(score > own);
    tied += Number(score === own);
    lower += Number(score < own);
  }
  if (higher + tied + lower < scores.length) {
    const index = Array.prototype.findIndex.call(scores, Number.isNaN);
    throw new MetricsError('bad-value', `rankOfTarget: score ${index} of ${scores.length} is NaN`);
  }
  return higher + share * (tied - 1);
};
