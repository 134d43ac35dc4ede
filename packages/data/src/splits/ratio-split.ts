import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { Split } from './split.js';
import { splitAt } from './split-at.js';

/** Options of `ratioSplit`. */
export interface RatioSplitOptions {
  /** Share of a user's interactions that are validation targets, >= 0. Default 0.1. */
  validation?: number;
  /** Share of a user's interactions, the newest ones, that are test targets, > 0. Default 0.1. */
  test?: number;
}

/**
 * Returns a split by shares of each user's sequence: the newest items are test targets, and the items before them validation targets. Numbers of
 * targets are rounded down. The history of a target is everything before it. The parts are views, not copies.
 *
 * @throws {DataError} on an unknown option, or shares out of range.
 * @example
 * const { train, test } = ratioSplit(sequences, { validation: 0.1, test: 0.2 });
 * test.targets.length; // 2 for a user with 10 to 14 items
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
  return splitAt(sequences, (user) => {
    const length = ends[user] - offsets[user];
    const testStart = ends[user] - Math.floor(length * test);
    return { train: testStart - Math.floor(length * validation), validation: testStart };
  });
};
