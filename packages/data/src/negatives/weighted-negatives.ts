import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/types.js';
import { type DrawItem, type NegativeSampler, outsideSequences } from './negative-sampler.js';

/**
 * Returns a sampler of items drawn in proportion to `interactions^alpha` from those outside a user's sequence (Mikolov et al., NIPS 2013,
 * section 2.2, with 0.75), each in O(1) by the alias method (Walker 1977; Vose 1991).
 *
 * @param sequences whose interactions count, and whose items are excluded: the train part.
 * @param options.alpha 0 (uniform over items that have interactions) and up. Default 0.75.
 * @throws {DataError} on an alpha out of range, and when drawing for a user who has all items.
 */
export const popularityNegatives = (
  sequences: UserSequences,
  { alpha = 0.75 }: { alpha?: number } = {},
): NegativeSampler => {
  if (!(alpha >= 0 && Number.isFinite(alpha)))
    throw new DataError('bad-data', `popularityNegatives: alpha must be a number >= 0, got ${alpha}`);
  const counts = countItems(sequences);
  const weights = Float64Array.from(counts.subarray(1), (count) => (count === 0 ? 0 : count ** alpha));
  const drawable = weights.filter((weight) => weight > 0).length;
  return outsideSequences('popularityNegatives', sequences, drawable, aliasDraw(weights));
};

/**
 * Returns a sampler that draws the item of popularity rank r (0 the most popular) with probability
 * `log((r + 2) / (r + 1)) / log(numItems + 1)`, from those outside a user's sequence: TensorFlow's log-uniform candidates, for catalogs
 * whose popularity follows Zipf's law.
 *
 * @param sequences whose interactions rank the items, and whose items are excluded: the train part.
 * @throws {DataError} when drawing for a user who has all items.
 */
export const logUniformNegatives = (sequences: UserSequences): NegativeSampler => {
  const counts = countItems(sequences);
  const numItems = counts.length - 1;
  const byPopularity = Int32Array.from({ length: numItems }, (_, i) => i + 1).sort(
    (a, b) => counts[b]! - counts[a]! || a - b,
  );
  const logRange = Math.log(numItems + 1);
  return outsideSequences('logUniformNegatives', sequences, numItems, (rng) => {
    const rank = Math.floor(Math.exp(rng.float() * logRange)) - 1;
    return byPopularity[Math.min(rank, numItems - 1)]!;
  });
};

/** Returns how often each item is in the sequences, `[numItems + 1]`; index 0, the pad, is 0. */
export const countItems = ({ offsets, ends, items, catalog }: UserSequences): Uint32Array => {
  const counts = new Uint32Array(catalog.ids.length + 1);
  ends.forEach((end, user) => {
    for (let i = offsets[user]!; i < end; i++) counts[items[i]!]! += 1;
  });
  return counts;
};

/** Returns a draw of items 1 .. n in proportion to their weights. */
const aliasDraw = (weights: Float64Array): DrawItem => {
  const size = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (weight * size) / total);
  const heaviest = weights.indexOf(weights.reduce((most, weight) => Math.max(most, weight), 0));
  const aliases = new Int32Array(size).fill(heaviest);
  const [small, large]: [number[], number[]] = [[], []];
  shares.forEach((share, i) => {
    (share < 1 ? small : large).push(i);
  });
  while (small.length > 0 && large.length > 0) {
    const [low, high] = [small.pop()!, large.at(-1)!];
    aliases[low] = high;
    shares[high]! -= 1 - shares[low]!;
    if (shares[high]! < 1) small.push(large.pop()!);
  }
  for (const i of [...small, ...large]) if (weights[i]! > 0) shares[i] = 1; // left over by rounding
  return (rng) => {
    const i = rng.below(size);
    return 1 + (rng.float() < shares[i]! ? i : aliases[i]!);
  };
};
