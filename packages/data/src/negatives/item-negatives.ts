import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { Rng } from '../rng.js';
import type { NegativeSampler } from './negative-sampler.js';

/** A fixed list of negatives per target item. */
export interface ItemNegatives {
  /** Returns the negatives of an item, int32 `[numNegatives]`: the same array at each call, not to be changed. */
  of(item: number): Int32Array;
}

/**
 * Returns a table with a fixed list of negatives per target item, as the PyTorch re-implementation of SASRec uses: they are drawn once, without
 * replacement, from all other items. Unlike the original, it never draws index 0, the pad. A row is drawn when it is first needed.
 *
 * @param numItems size of the catalog.
 * @param options.numNegatives number of negatives per target. Default 100.
 * @param options.seed seed of the table.
 * @throws {DataError} on an unknown option, or when the catalog has fewer than `numNegatives` other items.
 * @example
 * const table = itemNegatives(3416, { seed: 0 });
 * table.of(7); // Int32Array(100), without 7
 */
export const itemNegatives = (numItems: number, options: { numNegatives?: number; seed: number }): ItemNegatives => {
  assertKnownOptions('itemNegatives', options, ['numNegatives', 'seed'], { ErrorClass: DataError });
  const { numNegatives = 100, seed } = options;
  if (numItems - 1 < numNegatives) {
    throw new DataError(
      'bad-option',
      `itemNegatives: numNegatives must be at most ${numItems - 1}, the other items of the catalog, got ${numNegatives}`,
    );
  }
  const rows = new Map<number, Int32Array>();
  return {
    of: (item) => {
      let row = rows.get(item);
      if (row === undefined) {
        row = Int32Array.from(othersOf(item, numItems, numNegatives, new Rng(seed, item)));
        rows.set(item, row);
      }
      return row;
    },
  };
};

/**
 * Returns a sampler that draws the negatives of a target from its row of a table, as the PyTorch re-implementation of SASRec trains.
 *
 * @throws {DataError} when drawing without targets: in evaluation, or with `sharedNegatives`.
 * @example
 * const negativeSampler = fromItemNegatives(itemNegatives(split.catalog.ids.length, { seed: 0 }));
 * await fit(model, split, { epochs: 10, seed: 1, negativeSampler });
 */
export const fromItemNegatives = (table: ItemNegatives): NegativeSampler => ({
  sample: ({ into, rng, targets }) => {
    if (targets === undefined || targets.length === 0)
      throw new DataError(
        'bad-data',
        'fromItemNegatives: needs targets, and got none; use it in trainBatches, without sharedNegatives',
      );
    const perTarget = into.length / targets.length;
    for (let i = 0; i < into.length; i++) {
      const row = table.of(targets[Math.floor(i / perTarget)]);
      into[i] = row[rng.below(row.length)];
    }
  },
});

/** Returns `count` distinct items of 1..numItems without `target`. Every set is equally likely (Bentley & Floyd 1987). */
const othersOf = (target: number, numItems: number, count: number, rng: Rng): Set<number> => {
  const chosen = new Set<number>();
  const others = numItems - 1; // numbered 1..others, without the target
  const stepOver = (other: number) => (other < target ? other : other + 1);
  for (let last = others - count + 1; last <= others; last++) {
    const drawn = stepOver(1 + rng.below(last));
    chosen.add(chosen.has(drawn) ? stepOver(last) : drawn);
  }
  return chosen;
};
