import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { Split } from './split.js';
import { splitAt } from './split-at.js';

export interface RatioSplitOptions {
  /** Share of a user's interactions that are validation targets, >= 0. Default 0.1. */
  validation?: number;
  /** Share that are test targets, the newest, > 0. Default 0.1. */
  test?: number;
}

/**
 * Returns a split by shares of each user's sequence, rounded down: the newest are test targets, those before them validation targets, each with all
 * that came before it as history. Views, not copies.
 *
 * @throws {DataError} on shares out of range.
 */
export const ratioSplit = (sequences: UserSequences, options: RatioSplitOptions = {}): Split => {
  assertKnownOptions('ratioSplit', options, ['validation', 'test'], { ErrorClass: DataError });
  const { validation = 0.1, test = 0.1 } = options;
  if (!(validation >= 0 && test > 0 && validation + test < 1)) {
    throw new DataError(
      'bad-option',
      `ratioSplit: validation (>= 0) and test (> 0) must add up to less than 1, got ${validation} and ${test}`,
    );
  }
  const { offsets, ends } = sequences;
  return splitAt(
    sequences,
    (user) => {
      const length = ends[user] - offsets[user];
      const testStart = ends[user] - Math.floor(length * test);
      return { train: testStart - Math.floor(length * validation), validation: testStart };
    },
    'all',
  );
};
