import { type BootstrapOptions, binomial, bootstrapMean, type Estimate } from './bootstrap.js';
import { MetricsError } from './errors.js';

/** How two models differ on the same users. */
export interface PairedComparison {
  /** Mean of `a - b` over users, with its bootstrap interval. */
  readonly difference: Estimate;
  /** How likely a mean difference as large as this, in either direction, is when the models are alike: in (0, 1]. */
  readonly pValue: number;
}

/**
 * Returns how a metric of two models differs, user by user: the mean difference with its paired bootstrap interval, and the p-value of the
 * paired randomisation test, which flips the sign of each user's difference (Smucker, Allan & Carterette, CIKM 2007). The p-value is
 * `(1 + flips at least as extreme) / (1 + resamples)`, so never 0.
 *
 * @param a one value a user: `hitGain` or `ndcgGain` of its rank, say.
 * @param b of the other model, for the same users in the same order.
 * @throws {MetricsError} on lists of different length, an empty one, or values that are not finite.
 */
export const comparePaired = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions,
): PairedComparison => {
  if (a.length !== b.length)
    throw new MetricsError('bad-value', `comparePaired: needs as many values of both, got ${a.length} and ${b.length}`);
  const differences = Float64Array.from(a, (value, i) => value - b[i]);
  const difference = bootstrapMean(differences, options);
  const { uniform, resamples = 1000 } = options;
  // Equal differences flip together: how many of n are positive is binomial.
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

/**
 * Returns the values of each group: of users with short and long histories, say, or of targets in the head and the tail of the catalog.
 *
 * Example: values [1, 0, 1] of groups ['short', 'long', 'short'] give short: [1, 1] and long: [0].
 *
 * @param groups the group of each value.
 * @throws {MetricsError} on lists of different length.
 */
export const byGroup = <Group>(values: ArrayLike<number>, groups: ArrayLike<Group>): Map<Group, Float64Array> => {
  if (values.length !== groups.length)
    throw new MetricsError(
      'bad-value',
      `byGroup: needs a group for each value, got ${groups.length} for ${values.length}`,
    );
  const collected = new Map<Group, number[]>();
  for (let i = 0; i < values.length; i++) {
    const own = collected.get(groups[i]);
    if (own === undefined) collected.set(groups[i], [values[i]]);
    else own.push(values[i]);
  }
  return new Map([...collected].map(([group, own]) => [group, Float64Array.from(own)]));
};
