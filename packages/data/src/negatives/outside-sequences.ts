import { DataError } from '../errors.js';
import type { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { idAt } from '../table/id-map.js';
import type { NegativeSampler } from './negative-sampler.js';

/** Draws one item. */
export type DrawItem = (rng: Rng) => number;

/** How a sampler draws, before a user's own items are excluded. */
interface ItemDraw {
  /** Name of the sampler, for errors. */
  readonly name: string;
  /** Number of distinct items that `draw` may give; all items of the sequences are among them. */
  readonly drawable: number;
  readonly draw: DrawItem;
  /** Fills an array with what as many calls of `draw` give, faster. Only where `draw` gives every item often enough. */
  readonly drawMany?: (rng: Rng, into: Int32Array) => void;
  /**
   * Returns a draw from the same distribution without the excluded items. It may look at every item: it is called when `draw` has given too
   * many excluded ones in a row. Absent: `draw` gives every item often enough.
   */
  readonly drawAmongOthers?: (isExcluded: (item: number) => boolean) => DrawItem;
}

/** Excluded items in a row after which `drawAmongOthers` is asked. */
const mostRejections = 10_000;

/**
 * Returns a sampler that draws items until one is outside the user's sequence. A table with the last user who has each item makes that check O(1).
 *
 * @param sequences whose items are excluded: the train part, in training and in the `sampled` protocol.
 */
export const outsideSequences = (
  { offsets, ends, items, users, catalog }: UserSequences,
  { name, drawable, draw, drawMany, drawAmongOthers }: ItemDraw,
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
  /** Draws as many items as are missing and keeps those outside the sequence, until none is missing: the same items as one by one. */
  const sampleMany = (user: number, into: Int32Array, drawInto: (into: Int32Array) => void): void => {
    for (let kept = 0; kept < into.length; ) {
      drawInto(into.subarray(kept));
      for (let i = kept; i < into.length; i++) if (lastUser[into[i]] !== user) into[kept++] = into[i];
    }
  };
  return {
    sample: ({ user, into, rng }) => {
      if (marked !== user) markItems(user);
      if (drawMany !== undefined) return sampleMany(user, into, (missing) => drawMany(rng, missing));
      let drawNext = draw;
      for (let i = 0; i < into.length; i++) {
        let item = drawNext(rng);
        for (let rejections = 1; lastUser[item] === user; rejections++) {
          if (rejections === mostRejections && drawAmongOthers !== undefined)
            drawNext = drawAmongOthers((other) => lastUser[other] === user);
          item = drawNext(rng);
        }
        into[i] = item;
      }
    },
  };
};
