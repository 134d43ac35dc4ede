import { DataError } from '../errors.js';
import type { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { idAt } from '../table/id-map.js';
import type { NegativeSampler } from './negative-sampler.js';

/** Draws one item. */
export type DrawItem = (rng: Rng) => number;

/**
 * Returns a sampler that draws items until one is outside the user's sequence; a table of the last user that has each item makes the check O(1).
 *
 * @param name of the sampler, for errors.
 * @param sequences whose items are excluded: the train part, in training and in the `sampled` protocol.
 * @param drawable how many distinct items `draw` may give, all items of the sequences among them.
 */
export const outsideSequences = (
  name: string,
  { offsets, ends, items, users, catalog }: UserSequences,
  drawable: number,
  draw: DrawItem,
): NegativeSampler => {
  const lastUser = new Int32Array(catalog.ids.length + 1).fill(-1);
  let marked = -1;
  const markItems = (user: number): void => {
    let distinct = 0;
    for (let i = offsets[user]; i < ends[user]; i++) {
      if (lastUser[items[i]] !== user) distinct += 1;
      lastUser[items[i]] = user;
    }
    if (distinct === drawable) {
      throw new DataError(
        'bad-data',
        `${name}: user ${JSON.stringify(idAt(users, user))} has interacted with all ${drawable} items; none is left to draw`,
      );
    }
    marked = user;
  };
  return {
    sample: (user, into, start, count, rng) => {
      if (marked !== user) markItems(user);
      for (let i = start; i < start + count; i++) {
        let item = draw(rng);
        while (lastUser[item] === user) item = draw(rng);
        into[i] = item;
      }
    },
  };
};
