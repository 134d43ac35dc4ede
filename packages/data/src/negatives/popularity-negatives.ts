import { assertKnownOptions, assertRange } from '@recsys/errors';
import { DataError } from '../errors.js';
import { countItems } from '../sequences/count-items.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { aliasDraw } from './alias-table.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';
import { planned } from './sampler-plan.js';

/**
 * Returns a sampler that draws items outside the user's sequence in proportion to `interactions^alpha` (Mikolov et al., NIPS 2013, section
 * 2.2, with 0.75).
 *
 * @param sequences the train part: its interactions are counted, and the items of its users are excluded.
 * @param options.alpha exponent, >= 0; 0 draws uniformly from the items that have interactions. Default 0.75.
 * @throws {DataError} on an option out of range; while drawing, for a user who has interacted with all items.
 * @example
 * const negativeSampler = popularityNegatives(split.train, { alpha: 0.5 });
 * await fit(model, split, { epochs: 10, seed: 1, negativeSampler });
 */
export const popularityNegatives = (sequences: UserSequences, options: { alpha?: number } = {}): NegativeSampler => {
  assertKnownOptions('popularityNegatives', options, ['alpha'], { ErrorClass: DataError });
  const { alpha = 0.75 } = options;
  assertRange('popularityNegatives', 'alpha', alpha, { from: 0, ErrorClass: DataError });
  const counts = countItems(sequences);
  const sampler = outsideSequences(sequences, {
    name: 'popularityNegatives',
    drawable: counts.filter((count) => count > 0).length,
    draw: aliasDraw(weightsOf(counts.subarray(1), alpha)),
    // With a large alpha, nearly all weight may lie on items that the user has: rejection would then take forever.
    drawAmongOthers: (isExcluded) =>
      aliasDraw(
        weightsOf(
          counts.subarray(1).map((count, i) => (isExcluded(i + 1) ? 0 : count)),
          alpha,
        ),
      ),
  });
  return planned({ kind: 'popularity', sequences, alpha }, sampler);
};

/** Returns weights in proportion to `counts^alpha`; 0 for a count of 0, even when alpha is 0. */
const weightsOf = (counts: Uint32Array, alpha: number): Float64Array => {
  const most = counts.reduce((found, count) => Math.max(found, count), 0);
  const scale = Number.isFinite(most ** alpha * counts.length) ? 1 : most; // ratios, where a power would overflow
  return Float64Array.from(counts, (count) => (count === 0 ? 0 : (count / scale) ** alpha));
};
