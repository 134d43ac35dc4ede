import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';

/**
 * Returns a sampler of items drawn uniformly from those outside a user's sequence, as in the SASRec authors' code.
 *
 * @param sequences whose items are excluded.
 * @throws {DataError} when drawing for a user who has all items.
 */
export const uniformNegatives = (sequences: UserSequences): NegativeSampler => {
  const numItems = sequences.catalog.ids.length;
  return outsideSequences(sequences, {
    name: 'uniformNegatives',
    drawable: numItems,
    draw: (rng) => 1 + rng.below(numItems),
  });
};
