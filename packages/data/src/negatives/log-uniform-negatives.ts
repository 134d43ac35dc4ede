import { countItems } from '../sequences/count-items.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';

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
    (a, b) => counts[b] - counts[a] || a - b,
  );
  const logRange = Math.log(numItems + 1);
  return outsideSequences(sequences, {
    name: 'logUniformNegatives',
    drawable: numItems,
    draw: (rng) => {
      const rank = Math.floor(Math.exp(rng.float() * logRange)) - 1;
      return byPopularity[Math.min(rank, numItems - 1)];
    },
  });
};
