import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { Split } from './split.js';
import { splitAt } from './split-at.js';

/** Options of `temporalSplit`. Times are in the unit of the source. */
export interface TemporalSplitOptions {
  /** Interactions from this time on are not trained on. The first item of a user from this time on, before `testFrom`, is a validation target. */
  validationFrom: number;
  /** The first item of a user from this time on is a test target. */
  testFrom: number;
}

/**
 * Returns a split at one time for all users, as a deployed model meets the future: the model is trained on what came before a time, and tested on
 * what came after it (Meng et al., RecSys 2020, "global temporal split"). Users without an item before a time have no target after it. The parts are
 * views, not copies.
 *
 * @throws {DataError} on an unknown option, when the sequences have no timestamps, or when `testFrom` is before `validationFrom`.
 * @example
 * const [validationFrom, testFrom] = [timeAtShare(sequences, 0.8), timeAtShare(sequences, 0.9)];
 * const split = temporalSplit(sequences, { validationFrom, testFrom });
 */
export const temporalSplit = (sequences: UserSequences, options: TemporalSplitOptions): Split => {
  assertKnownOptions('temporalSplit', options, ['validationFrom', 'testFrom'], { ErrorClass: DataError });
  const { validationFrom, testFrom } = options;
  const { offsets, ends } = sequences;
  const timestamps = timestampsOf('temporalSplit', sequences);
  if (!(validationFrom <= testFrom)) {
    throw new DataError(
      'bad-option',
      `temporalSplit: validationFrom must be at most testFrom, got ${validationFrom} and ${testFrom}`,
    );
  }
  const firstFrom = (user: number, time: number) => {
    let [low, high] = [offsets[user], ends[user]];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (timestamps[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return splitAt(
    sequences,
    (user) => ({ train: firstFrom(user, validationFrom), validation: firstFrom(user, testFrom) }),
    'first',
  );
};

/**
 * Returns the time before which a share of all interactions lies.
 *
 * @param share from 0 to 1.
 * @throws {DataError} when the sequences have no timestamps, or on a share out of range.
 * @example
 * timeAtShare(sequences, 0.9); // the time at which the newest tenth of the interactions begins
 */
export const timeAtShare = (sequences: UserSequences, share: number): number => {
  if (!(share >= 0 && share <= 1))
    throw new DataError('bad-option', `timeAtShare: share must be in [0, 1], got ${share}`);
  const times = timestampsOf('timeAtShare', sequences).slice().sort();
  return times[Math.min(times.length - 1, Math.floor(share * times.length))];
};

const timestampsOf = (where: string, { timestamps }: UserSequences): Float64Array => {
  if (timestamps === undefined)
    throw new DataError('bad-data', `${where}: needs timestamps, but the sequences have none`);
  return timestamps;
};
