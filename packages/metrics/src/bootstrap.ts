import { assertKnownOptions, MetricsError } from './errors.js';

/** A mean and the bounds of its confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Random source: returns numbers in [0, 1). Seed it for repeatable results. */
  uniform: () => number;
  /** Number of bootstrap samples, >= 1. Default 1,000. */
  resamples?: number | undefined;
  /** Confidence level, in (0, 1): the share of bootstrap means between the bounds. Default 0.95. */
  level?: number | undefined;
}

/** Names of the options of `bootstrapMean`. */
export const bootstrapOptionNames = [
  'uniform',
  'resamples',
  'level',
] as const satisfies readonly (keyof BootstrapOptions)[];

/**
 * Returns the mean of values and its percentile-bootstrap confidence interval (Efron 1979): the bounds between which
 * `level` of the means of samples drawn with replacement lie.
 *
 * HR@k and NDCG@k take few distinct values, so a sample is drawn as a count for each distinct value: a multinomial, as
 * a chain of binomials (with the normal approximation where both expected counts are above 30). The cost grows with the
 * number of distinct values.
 *
 * @param values finite, at least one.
 * @throws {MetricsError} on an empty list, a value that is not finite, or an option that is unknown or out of range.
 * @example
 * bootstrapMean([1, 1, 1, 1], { uniform }); // { value: 1, low: 1, high: 1 }
 */
export const bootstrapMean = (values: ArrayLike<number>, options: BootstrapOptions): Estimate => {
  assertKnownOptions('bootstrapMean', options, bootstrapOptionNames);
  const { uniform, resamples = 1000, level = 0.95 } = options;
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    throw new MetricsError('bad-option', `bootstrapMean: resamples must be an integer >= 1, got ${resamples}`);
  }
  if (!(level > 0 && level < 1))
    throw new MetricsError('bad-option', `bootstrapMean: level must be in (0, 1), got ${level}`);
  const counts = countDistinct(values);
  const distinct = [...counts.keys()];
  const frequencies = [...counts.values()];
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let drawn = 0; // values of the sample that are drawn
    let left = values.length; // original values that the rest is drawn from
    let sum = 0;
    for (let d = 0; d < distinct.length && drawn < values.length; d++) {
      const count = binomial(values.length - drawn, frequencies[d] / left, uniform);
      sum += count * distinct[d];
      drawn += count;
      left -= frequencies[d];
    }
    means[r] = sum / values.length;
  }
  means.sort();
  const at = (share: number) => means[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))];
  let total = 0;
  distinct.forEach((value, d) => {
    total += value * frequencies[d];
  });
  return { value: total / values.length, low: at((1 - level) / 2), high: at((1 + level) / 2) };
};

const countDistinct = (values: ArrayLike<number>): Map<number, number> => {
  if (values.length === 0) throw new MetricsError('bad-input', 'bootstrapMean: needs at least one value');
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value))
      throw new MetricsError('bad-value', `bootstrapMean: values must be finite, got ${value} at ${i}`);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
};

/** Returns how many of `trials` succeed, each with `probability`. */
export const binomial = (trials: number, probability: number, uniform: () => number): number => {
  if (probability >= 1) return trials;
  const [successes, failures] = [trials * probability, trials * (1 - probability)];
  if (successes > 30 && failures > 30) {
    // Box & Muller 1958, one of the pair
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const rounded = Math.round(successes + normal * Math.sqrt(successes * (1 - probability)));
    return Math.min(trials, Math.max(0, rounded));
  }
  if (probability > 0.5) return trials - binomial(trials, 1 - probability, uniform);
  // Gaps between successes are geometric (Devroye 1986, chapter X.4): the cost grows with the successes, not the
  // trials.
  const logFailure = Math.log1p(-probability);
  let count = -1;
  let position = 0;
  do {
    count += 1;
    position += Math.floor(Math.log(1 - uniform()) / logFailure) + 1;
  } while (position <= trials);
  return count;
};
