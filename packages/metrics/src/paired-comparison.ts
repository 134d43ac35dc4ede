import { type BootstrapOptions, binomial, bootstrapMean, bootstrapOptionNames, type Estimate } from './bootstrap.js';
import { assertKnownOptions, MetricsError } from './errors.js';

/** How two models differ on the same users. */
export interface PairedComparison {
  /** Mean of `a - b` over users, with its bootstrap interval. */
  readonly difference: Estimate;
  /**
   * Probability of a mean difference at least this large, in either direction, if the models are equally good: in (0,
   * 1].
   */
  readonly pValue: number;
}

/**
 * Compares a metric of two models, user by user. Returns the mean difference with its paired bootstrap interval, and
 * the p-value of the paired randomization test, which flips the sign of each user's difference (Smucker, Allan &
 * Carterette, CIKM 2007). The p-value is `(1 + flips at least as extreme) / (1 + resamples)`, so it is never 0.
 *
 * @param a one value per user, such as `hitGain` or `ndcgGain` of the target's rank.
 * @param b values of the other model, for the same users in the same order.
 * @throws {MetricsError} if the lists are empty or differ in length, a value is not finite, or an option is unknown.
 * @example
 * const { difference, pValue } = comparePaired([1, 1, 0, 1], [0, 1, 0, 0], { uniform });
 * difference.value; // 0.5
 */
export const comparePaired = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions,
): PairedComparison => {
  assertKnownOptions('comparePaired', options, bootstrapOptionNames);
  if (a.length !== b.length)
    throw new MetricsError(
      'bad-input',
      `comparePaired: a and b must have the same length, got ${a.length} and ${b.length}`,
    );
  const differences = Float64Array.from(a, (value, i) => value - b[i]);
  const difference = bootstrapMean(differences, options);
  const { uniform, resamples = 1000 } = options;
  // Differences of equal size are flipped together: the number of positive ones is binomial.
  const sizes = new Map<number, number>();
  for (const value of differences) {
    const size = Math.abs(value);
    if (size > 0) sizes.set(size, (sizes.get(size) ?? 0) + 1);
  }
  const observed = Math.abs(difference.value) * differences.length * (1 - 1e-12);
  let extreme = 0;
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (const [size, count] of sizes) sum += size * (2 * binomial(count, 0.5, uniform) - count);
    if (Math.abs(sum) >= observed) extreme += 1;
  }
  return { difference, pValue: (1 + extreme) / (1 + resamples) };
};
