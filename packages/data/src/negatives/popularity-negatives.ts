import { assertKnownOptions, assertRange } from '@recsys/errors';
import { DataError } from '../errors.js';
import { countItems } from '../sequences/count-items.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { aliasDraw } from './alias-table.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';

/**
 * Returns a sampler of items drawn in proportion to `interactions^alpha` from those outside a user's sequence (Mikolov et al., NIPS 2013,
 * section 2.2, with 0.75), each in O(1) by the alias method (Walker 1977; Vose 1991).
 *
 * @param sequences whose interactions count, and whose items are excluded: the train part.
 * @param options.alpha 0 (uniform over items that have interactions) and up. Default 0.75.
 * @throws {DataError} on an alpha out of range, and when drawing for a user who has all items.
 */
export const popularityNegatives = (sequences: UserSequences, options: { alpha?: number } = {}): NegativeSampler => {
  assertKnownOptions('popularityNegatives', options, ['alpha'], { ErrorClass: DataError });
  const { alpha = 0.75 } = options;
  assertRange('popularityNegatives', 'alpha', alpha, { from: 0, ErrorClass: DataError });
  const counts = countItems(sequences);
  return outsideSequences(sequences, {
    name: 'popularityNegatives',
    drawable: counts.filter((count) => count > 0).length,
    draw: aliasDraw(weightsOf(counts.subarray(1), alpha)),
    // A large alpha can leave so little weight beside a popular item of the user that rejection would take for ever.
    drawAmongOthers: (isExcluded) =>
      aliasDraw(
        weightsOf(
          counts.subarray(1).map((count, i) => (isExcluded(i + 1) ? 0 : count)),
          alpha,
        ),
      ),
  });
};

/** Returns weights in proportion to `counts^alpha`; 0 for a count of 0, also where alpha is 0. */
const weightsOf = (counts: Uint32Array, alpha: number): Float64Array => {
  const most = counts.reduce((found, count) => Math.max(found, count), 0);
  const scale = Number.isFinite(most ** alpha * counts.length) ? 1 : most; // a power that overflows is taken of the ratio
  return Float64Array.from(counts, (count) => (count === 0 ? 0 : (count / scale) ** alpha));
};
