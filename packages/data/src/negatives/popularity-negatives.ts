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
  const weights = Float64Array.from(counts.subarray(1), (count) => (count === 0 ? 0 : count ** alpha));
  const drawable = weights.filter((weight) => weight > 0).length;
  return outsideSequences('popularityNegatives', sequences, drawable, aliasDraw(weights));
};
