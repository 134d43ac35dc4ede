import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { evaluationSetAt, type Place } from './evaluation-set-at.js';
import type { Split } from './split.js';

/** Which of a user's interactions after the time of the split are targets; see `temporalSplit`. */
export type TemporalTarget = 'last' | 'first' | 'random' | 'each';

/** How a temporal split gets its validation targets out of the training part; see `temporalSplit`. */
export type TemporalValidation =
  | {
      readonly by: 'user';
      /** Number of users, >= 1. Default 1,000, or a tenth of the training users where that is less. */
      readonly users?: number | undefined;
    }
  | {
      readonly by: 'time';
      /** The time of the validation split, in the unit of the source. Default: the time up to which 90 % of the training part lies. */
      readonly time?: number | undefined;
    }
  | { readonly by: 'last-item' };

/** Options of `temporalSplit`. Times are in the unit of the source. */
export interface TemporalSplitOptions {
  /** The time of the split. Interactions up to this time are trained on; targets are taken from those after it. */
  time: number;
  /** Which of a user's interactions after the time are targets. Default `last`. */
  target?: TemporalTarget | undefined;
  /** Whether users who are not trained on, with fewer than two interactions up to the time, are tested too. Default true. */
  newUsers?: boolean | undefined;
  /** Where the validation targets come from. Default `{ by: 'user' }`. */
  validation?: TemporalValidation | undefined;
  /** Seed of the random targets and of the validation users. Default 0. */
  seed?: number | undefined;
}

/**
 * Returns a split at one time for all users, as a deployed model meets the future ("Time to Split", Gusak et al., RecSys 2025). The model is
 * trained on what happened up to the time, by users with at least two interactions by then. It is tested on the users whose last interaction
 * is after the time. The history of a target is everything before it, also what happened after the time.
 *
 * `target` says what is ranked: the `last` interaction of a user, the `first` one after the time, one of those after the time at `random`, or
 * `each` of them. An interaction with nothing before it is never a target.
 *
 * `validation` takes its targets out of the training part:
 * - `{ by: 'user' }`: some users are not trained on. Their targets are their last interactions up to the time.
 * - `{ by: 'time' }`: the training part is split again at an earlier time, and what is between the two times is not trained on. The targets
 *   are the last interactions between them.
 * - `{ by: 'last-item' }`: the last training interaction of each user is not trained on, and is the target.
 *
 * The parts are views, not copies.
 *
 * @throws {DataError} `bad-option` on an unknown option or one out of range; `bad-data` when the sequences have no timestamps.
 * @example
 * const split = temporalSplit(sequences, { time: timeAtShare(sequences, 0.9), validation: { by: 'time' } });
 */
export const temporalSplit = (sequences: UserSequences, options: TemporalSplitOptions): Split => {
  const known = ['time', 'target', 'newUsers', 'validation', 'seed'];
  assertKnownOptions('temporalSplit', options, known, { ErrorClass: DataError });
  const { time, target = 'last', newUsers = true, validation = { by: 'user' }, seed = 0 } = options;
  const timestamps = timestampsOf('temporalSplit', sequences);
  assertOptions(time, target, validation);
  const { offsets, ends } = sequences;
  const trainUpTo = (limit: number): Uint32Array =>
    ends.map((end, user) => {
      const trainEnd = firstAfter(timestamps, offsets[user], end, limit);
      return trainEnd - offsets[user] >= 2 ? trainEnd : offsets[user];
    });
  const before = trainUpTo(time);
  const ofTargets = new Rng(seed, 0);

  const test: Place[] = [];
  ends.forEach((end, user) => {
    const start = firstAfter(timestamps, offsets[user], end, time);
    if (before[user] === offsets[user] && !newUsers) return;
    const first = Math.max(start, offsets[user] + 1); // an item with nothing before it is no target
    if (first >= end) return;
    if (target === 'each') for (let at = first; at < end; at++) test.push({ user, at });
    else if (target === 'random') test.push({ user, at: first + ofTargets.below(end - first) });
    else test.push({ user, at: target === 'first' ? first : end - 1 });
  });

  const { trainEnds, places } = validationOf(sequences, before, { validation, trainUpTo, rng: new Rng(seed, 1) });
  return {
    train: { ...sequences, ends: trainEnds },
    validation: evaluationSetAt(sequences, 'validation', places, trainEnds),
    test: evaluationSetAt(sequences, 'test', test, trainEnds),
    catalog: sequences.catalog,
    users: sequences.users,
  };
};

/** How the validation targets are taken, and what with. */
interface Taking {
  readonly validation: TemporalValidation;
  /** Returns the ends of the train parts for another time. */
  readonly trainUpTo: (limit: number) => Uint32Array;
  readonly rng: Rng;
}

/** Takes validation targets out of train parts that end at `before`. */
const validationOf = (
  sequences: UserSequences,
  before: Uint32Array,
  { validation, trainUpTo, rng }: Taking,
): { trainEnds: Uint32Array; places: Place[] } => {
  const { offsets } = sequences;
  const timestamps = sequences.timestamps!;
  const trained = Uint32Array.from([...before.keys()].filter((user) => before[user] > offsets[user]));
  const lastBefore = (user: number): Place => ({ user, at: before[user] - 1 });
  if (validation.by === 'user') {
    const count = Math.min(trained.length, validation.users ?? Math.min(1000, Math.ceil(trained.length / 10)));
    const trainEnds = before.slice();
    const kept = rng.shuffle(trained).subarray(0, count).sort();
    for (const user of kept) trainEnds[user] = offsets[user];
    return { trainEnds, places: Array.from(kept, lastBefore) };
  }
  if (validation.by === 'time') {
    const limit = validation.time ?? timeOf(partOf(timestamps, offsets, before), 0.9);
    const trainEnds = trainUpTo(limit).map((end, user) => Math.min(end, before[user]));
    const later = trained.filter((user) => timestamps[before[user] - 1] > limit);
    return { trainEnds, places: Array.from(later, lastBefore) };
  }
  const trainEnds = before.map((end, user) => (end - offsets[user] > 2 ? end - 1 : offsets[user]));
  return { trainEnds, places: Array.from(trained, lastBefore) };
};

/**
 * Returns the time up to which a share of all interactions lies: the linear quantile of their timestamps, as pandas computes it.
 * Of a train part, only its own interactions count.
 *
 * @param share from 0 to 1.
 * @throws {DataError} when the sequences have no timestamps, or on a share out of range.
 * @example
 * timeAtShare(sequences, 0.9); // the time after which the newest tenth of the interactions lies
 */
export const timeAtShare = (sequences: UserSequences, share: number): number => {
  if (!(share >= 0 && share <= 1))
    throw new DataError('bad-option', `timeAtShare: share must be in [0, 1], got ${share}`);
  const timestamps = timestampsOf('timeAtShare', sequences);
  return timeOf(partOf(timestamps, sequences.offsets, sequences.ends), share);
};

/** Returns the quantile of times, which it sorts. */
const timeOf = (times: Float64Array, share: number): number => {
  const sorted = times.sort();
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  return low + (high - low) * (place - Math.floor(place));
};

/** Returns the times of the interactions of all train parts. */
const partOf = (timestamps: Float64Array, offsets: Uint32Array, ends: Uint32Array): Float64Array => {
  const times = new Float64Array(ends.reduce((sum, end, user) => sum + end - offsets[user], 0));
  let at = 0;
  ends.forEach((end, user) => {
    times.set(timestamps.subarray(offsets[user], end), at);
    at += end - offsets[user];
  });
  return times;
};

/** Returns the index in `start .. end` of the first interaction after a time. */
const firstAfter = (timestamps: Float64Array, start: number, end: number, time: number): number => {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamps[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low;
};

const timestampsOf = (where: string, { timestamps }: UserSequences): Float64Array => {
  if (timestamps === undefined)
    throw new DataError('bad-data', `${where}: needs timestamps, but the sequences have none`);
  return timestamps;
};

const assertOptions = (time: number, target: string, validation: TemporalValidation): void => {
  const refuse = (problem: string) => {
    throw new DataError('bad-option', `temporalSplit: ${problem}`);
  };
  if (!Number.isFinite(time)) refuse(`time must be a finite number, got ${time}`);
  if (!['last', 'first', 'random', 'each'].includes(target))
    refuse(`target must be one of last, first, random, each, got ${target}`);
  if (!['user', 'time', 'last-item'].includes(validation.by))
    refuse(`validation.by must be one of user, time, last-item, got ${validation.by}`);
  const own = { user: 'users', time: 'time', 'last-item': undefined }[validation.by];
  const unknown = Object.keys(validation).find((name) => name !== 'by' && name !== own);
  if (unknown !== undefined) refuse(`unknown option validation.${unknown} with by: '${validation.by}'`);
  if (
    validation.by === 'user' &&
    validation.users !== undefined &&
    !(Number.isInteger(validation.users) && validation.users >= 1)
  )
    refuse(`validation.users must be an integer >= 1, got ${validation.users}`);
  if (validation.by === 'time' && validation.time !== undefined && !(validation.time <= time))
    refuse(`validation.time must be at most time (${time}), got ${validation.time}`);
};
