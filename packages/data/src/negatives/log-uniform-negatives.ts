import { countItems } from '../sequences/count-items.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';
import { planned } from './sampler-plan.js';

/**
 * Returns a sampler that draws items outside the user's sequence by their popularity rank: rank r (0 for the most popular item) has probability
 * `log((r + 2) / (r + 1)) / log(numItems + 1)`, as in TensorFlow's `log_uniform_candidate_sampler`. It fits catalogs whose popularity follows
 * Zipf's law.
 *
 * @param sequences the train part: its interactions rank the items, and the items of its users are excluded.
 * @throws {DataError} while drawing, for a user who has interacted with all items.
 * @example
 * const negativeSampler = logUniformNegatives(split.train);
 * await fit(model, split, { epochs: 10, seed: 1, negativeSampler });
 */
export const logUniformNegatives = (sequences: UserSequences): NegativeSampler => {
  const counts = countItems(sequences);
  const numItems = counts.length - 1;
  const byPopularity = Int32Array.from({ length: numItems }, (_, i) => i + 1).sort(
    (a, b) => counts[b] - counts[a] || a - b,
  );
  const logRange = Math.log(numItems + 1);
  const sampler = outsideSequences(sequences, {
    name: 'logUniformNegatives',
    drawable: numItems,
    draw: (rng) => {
      const rank = Math.floor(Math.exp(rng.float() * logRange)) - 1;
      return byPopularity[Math.min(rank, numItems - 1)];
    },
  });
  return planned({ kind: 'log-uniform', sequences }, sampler);
};
