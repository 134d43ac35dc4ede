import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { Rng } from '../rng.js';
import type { NegativeSampler } from './negative-sampler.js';

/** Negatives that belong to items, not to users. */
export interface ItemNegatives {
  /** Returns the negatives of an item, the same at each call. */
  of(item: number): Int32Array;
}

/**
 * Returns the PyTorch re-implementation's table: for each item as a target, negatives drawn once, without replacement, from all items but
 * it. Deviation: the original could also draw index 0, the pad. Rows are made when they are asked for.
 *
 * @param numItems size of the catalog.
 * @param options.numNegatives a target, default 100.
 * @param options.seed names the table.
 * @throws {DataError} when the catalog has fewer than numNegatives other items.
 */
export const itemNegatives = (numItems: number, options: { numNegatives?: number; seed: number }): ItemNegatives => {
  assertKnownOptions('itemNegatives', options, ['numNegatives', 'seed'], { ErrorClass: DataError });
  const { numNegatives = 100, seed } = options;
  if (numItems - 1 < numNegatives) {
    throw new DataError(
      'bad-data',
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

/** Returns a sampler for training that draws from the table's row of each target, as the PyTorch re-implementation trains. */
export const fromItemNegatives = (table: ItemNegatives): NegativeSampler => ({
  sample: ({ into, rng, targets }) => {
    if (targets === undefined || targets.length === 0)
      throw new DataError(
        'bad-data',
        'fromItemNegatives: draws for targets, and none were given; use it in trainBatches without sharedNegatives',
      );
    const perTarget = into.length / targets.length;
    for (let i = 0; i < into.length; i++) {
      const row = table.of(targets[Math.floor(i / perTarget)]);
      into[i] = row[rng.below(row.length)];
    }
  },
});

/** Returns `count` distinct items of 1 .. numItems without `target`, every set equally likely (Floyd; Bentley & Floyd 1987). */
const othersOf = (target: number, numItems: number, count: number, rng: Rng): Set<number> => {
  const chosen = new Set<number>();
  const others = numItems - 1; // numbered 1 .. others, stepping over the target
  const stepOver = (other: number) => (other < target ? other : other + 1);
  for (let last = others - count + 1; last <= others; last++) {
    const drawn = stepOver(1 + rng.below(last));
    chosen.add(chosen.has(drawn) ? stepOver(last) : drawn);
  }
  return chosen;
};
