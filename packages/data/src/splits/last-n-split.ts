import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { Split } from './split.js';
import { splitAt } from './split-at.js';

/**
 * Returns a split of each user's newest `n` items as test targets and the `n` before them as validation targets, each with all that came
 * before it as history. Users with fewer than `2n + 1` items are for training alone. Views, not copies. With `n` 1 it is `leaveOneOut`.
 *
 * @throws {DataError} unless n is an integer >= 1.
 */
export const lastNSplit = (sequences: UserSequences, options: { n: number }): Split => {
  assertKnownOptions('lastNSplit', options, ['n'], { ErrorClass: DataError });
  const { n } = options;
  assertInteger('lastNSplit', 'n', n, { minimum: 1, ErrorClass: DataError });
  const { offsets, ends } = sequences;
  return splitAt(
    sequences,
    (user) => {
      const end = ends[user];
      return end - offsets[user] > 2 * n
        ? { train: end - 2 * n, validation: end - n }
        : { train: end, validation: end };
    },
    'all',
  );
};
