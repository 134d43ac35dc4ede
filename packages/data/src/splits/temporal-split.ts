import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { Split } from './split.js';
import { splitAt } from './split-at.js';

export interface TemporalSplitOptions {
  /** What happens from this time on is not trained on; a user's first item of the time up to `testFrom` is a validation target. */
  validationFrom: number;
  /** A user's first item from this time on is a test target; its history is all before. */
  testFrom: number;
}

/**
 * Returns a split by one global time for all users, as a model in use meets the future: no training or history item is as late as the
 * time of its part, and no target is earlier (Meng et al., RecSys 2020, "global temporal split"). Users without an item before a time have no target after
 * it. Views, not copies.
 *
 * @throws {DataError} when the sequences have no timestamps, or the times are not in order.
 */
export const temporalSplit = (sequences: UserSequences, options: TemporalSplitOptions): Split => {
  assertKnownOptions('temporalSplit', options, ['validationFrom', 'testFrom'], { ErrorClass: DataError });
  const { validationFrom, testFrom } = options;
  const { offsets, ends } = sequences;
  const timestamps = timestampsOf('temporalSplit', sequences);
  if (!(validationFrom <= testFrom)) {
    throw new DataError(
      'bad-option',
      `temporalSplit: validationFrom must be a time up to testFrom, got ${validationFrom} and ${testFrom}`,
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
 * Returns the time before which a share of all interactions lie: `timeAtShare(sequences, 0.9)` is where the newest tenth begins.
 *
 * @param share 0 to 1.
 * @throws {DataError} when the sequences have no timestamps, or on a share out of range.
 */
export const timeAtShare = (sequences: UserSequences, share: number): number => {
  if (!(share >= 0 && share <= 1))
    throw new DataError('bad-option', `timeAtShare: share must be in 0..1, got ${share}`);
  const times = timestampsOf('timeAtShare', sequences).slice().sort();
  return times[Math.min(times.length - 1, Math.floor(share * times.length))];
};

const timestampsOf = (where: string, { timestamps }: UserSequences): Float64Array => {
  if (timestamps === undefined)
    throw new DataError('bad-data', `${where}: needs timestamps, and the sequences have none`);
  return timestamps;
};
