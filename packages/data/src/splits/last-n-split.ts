import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { Split } from './split.js';
import { splitAt } from './split-at.js';

/**
 * Returns a split in which the newest `n` items of each user are test targets, and the `n` items before them validation targets. The history of
 * a target is everything before it. Users with fewer than `2n + 1` items are only trained on. The parts are views, not copies. With `n: 1` this is
 * `leaveOneOut`.
 *
 * @param options.n number of test targets per user, >= 1.
 * @throws {DataError} on an unknown option or one out of range.
 * @example
 * const { train, validation, test } = lastNSplit(sequences, { n: 2 });
 * test.targets.length; // 2 per user with 5 items or more
 */
export const lastNSplit = (sequences: UserSequences, options: { n: number }): Split => {
  assertKnownOptions('lastNSplit', options, ['n'], { ErrorClass: DataError });
  const { n } = options;
  assertInteger('lastNSplit', 'n', n, { minimum: 1, ErrorClass: DataError });
  const { offsets, ends } = sequences;
  return splitAt(sequences, (user) => {
    const end = ends[user];
    return end - offsets[user] > 2 * n ? { train: end - 2 * n, validation: end - n } : { train: end, validation: end };
  });
};
