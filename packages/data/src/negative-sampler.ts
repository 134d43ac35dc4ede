import { DataError } from './errors.js';
import { idAt } from './id-map.js';
import type { Rng } from './rng.js';
import type { UserSequences } from './types.js';

/** Draws items that a user has not interacted with. Samplers with other weights (popularity, log-uniform, …) fit the same interface. */
export interface NegativeSampler {
  /**
   * Fills `into[start] … into[start + count - 1]` with draws for a user, with replacement.
   * @param user row of the user in the sequences that the sampler was made for.
   */
  sample(user: number, into: Int32Array, start: number, count: number, rng: Rng): void;
}

/**
 * Returns a sampler of items drawn uniformly from those outside a user's sequence, as in the SASRec authors' code.
 *
 * Items are drawn until one is outside; a table of the last user that has each item makes a draw O(1).
 *
 * @param sequences whose items are excluded: the train part, in training and in the `sampled` protocol.
 */
export const uniformNegatives = ({ offsets, ends, items, users, catalog }: UserSequences): NegativeSampler => {
  const numItems = catalog.ids.length;
  const lastUser = new Int32Array(numItems + 1).fill(-1);
  let marked = -1;
  const markItems = (user: number): void => {
    let distinct = 0;
    for (let i = offsets[user]!; i < ends[user]!; i++) {
      if (lastUser[items[i]!] !== user) distinct += 1;
      lastUser[items[i]!] = user;
    }
    if (distinct === numItems) {
      throw new DataError(
        `uniformNegatives: user ${JSON.stringify(idAt(users, user))} has interacted with all ${numItems} items; none is left to draw`,
      );
    }
    marked = user;
  };
  return {
    sample: (user, into, start, count, rng) => {
      if (marked !== user) markItems(user);
      for (let i = start; i < start + count; i++) {
        let item = 1 + rng.below(numItems);
        while (lastUser[item] === user) item = 1 + rng.below(numItems);
        into[i] = item;
      }
    },
  };
};
