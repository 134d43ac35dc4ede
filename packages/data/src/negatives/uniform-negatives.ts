import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';
import { planned } from './sampler-plan.js';

/**
 * Returns a sampler that draws items outside the user's sequence uniformly, as the code of the SASRec authors does. It is the default of
 * `trainBatches`.
 *
 * @param sequences the train part: the items of its users are excluded.
 * @throws {DataError} while drawing, for a user who has interacted with all items.
 * @example
 * const negatives = new Int32Array(10);
 * uniformNegatives(split.train).sample({ user: 0, into: negatives, rng: new Rng(1) }); // fills in 10 items
 */
export const uniformNegatives = (sequences: UserSequences): NegativeSampler => {
  const numItems = sequences.catalog.ids.length;
  const sampler = outsideSequences(sequences, {
    name: 'uniformNegatives',
    drawable: numItems,
    draw: (rng) => 1 + rng.below(numItems),
    drawMany: (rng, into) => {
      rng.fillBelow(numItems, into);
      for (let i = 0; i < into.length; i++) into[i] += 1;
    },
  });
  return planned({ kind: 'uniform', sequences }, sampler);
};
