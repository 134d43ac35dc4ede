import { assertKnownOptions, assertRange } from '@recsys/errors';
import { DataError } from '../errors.js';
import { countItems } from '../sequences/count-items.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { fromBatchTargets } from './from-batch-targets.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';
import { planned } from './sampler-plan.js';

export interface MixedNegativesOptions {
  /** Share of draws from the targets of the batch, in [0, 1); the others are uniform. Default 0.5. */
  inBatch?: number | undefined;
}

/**
 * Returns a sampler that draws some negatives from the targets of the batch and the others uniformly, all outside the user's sequence (Yang et
 * al., WWW 2020, mixed negative sampling): popular items are drawn more often, and no item is never drawn.
 *
 * @param sequences the train part: the items of its users are excluded.
 * @throws {DataError} on an option out of range; when drawing outside `trainBatches`, or for a user who has interacted with all items.
 * @example
 * const negativeSampler = mixedNegatives(split.train, { inBatch: 0.5 });
 * await fit(model, split, { epochs: 10, seed: 1, negativeSampler });
 */
export const mixedNegatives = (sequences: UserSequences, options: MixedNegativesOptions = {}): NegativeSampler => {
  const inBatch = shareOf('mixedNegatives', options);
  const numItems = sequences.catalog.ids.length;
  const sampler = fromBatchTargets('mixedNegatives', (targets) =>
    outsideSequences(sequences, {
      name: 'mixedNegatives',
      drawable: numItems,
      draw: (rng) => (rng.float() < inBatch ? targets()[rng.below(targets().length)] : 1 + rng.below(numItems)),
    }),
  );
  return planned({ kind: 'mixed', sequences, inBatch }, sampler);
};

/**
 * Returns the probability by which `mixedNegatives` draws each item, before items of the user are excluded, float64 `[numItems + 1]`: the share
 * of the item in all interactions, for those from a batch, and 1 / numItems. That of the pad is 0.
 *
 * @param sequences the train part.
 * @throws {DataError} on an option out of range.
 * @example
 * mixedProbabilities(split.train, { inBatch: 0.5 })[7]; // 0.5 · interactions with item 7 / all interactions + 0.5 / numItems
 */
export const mixedProbabilities = (sequences: UserSequences, options: MixedNegativesOptions = {}): Float64Array => {
  const inBatch = shareOf('mixedProbabilities', options);
  const counts = countItems(sequences);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const numItems = counts.length - 1;
  return Float64Array.from(counts, (count, item) =>
    item === 0 ? 0 : (inBatch * count) / Math.max(1, total) + (1 - inBatch) / numItems,
  );
};

const shareOf = (name: string, options: MixedNegativesOptions): number => {
  assertKnownOptions(name, options, ['inBatch'], { ErrorClass: DataError });
  const { inBatch = 0.5 } = options;
  assertRange(name, 'inBatch', inBatch, { from: 0, below: 1, ErrorClass: DataError });
  return inBatch;
};
