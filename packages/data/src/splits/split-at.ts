import type { UserSequences } from '../sequences/user-sequences.js';
import { evaluationSetAt, type Place } from './evaluation-set-at.js';
import type { Split } from './split.js';

/** Where the parts of a user's sequence end, as indices in `sequences.items`. */
interface Bounds {
  /** Exclusive end of the train part, and start of the validation part. */
  readonly train: number;
  /** Exclusive end of the validation part, and start of the test part. */
  readonly validation: number;
}

/**
 * Returns a split by bounds of each user. The targets of a part are all of its items. The history of a target is everything before it; an item
 * with nothing before it is not a target.
 */
export const splitAt = (sequences: UserSequences, boundsOf: (user: number) => Bounds): Split => {
  const { offsets, ends } = sequences;
  const trainEnds = new Uint32Array(ends.length);
  const validation: Place[] = [];
  const test: Place[] = [];
  for (let user = 0; user < ends.length; user++) {
    const bounds = boundsOf(user);
    trainEnds[user] = bounds.train;
    const first = offsets[user] + 1;
    for (let at = Math.max(bounds.train, first); at < bounds.validation; at++) validation.push({ user, at });
    for (let at = Math.max(bounds.validation, first); at < ends[user]; at++) test.push({ user, at });
  }
  return {
    train: { ...sequences, ends: trainEnds },
    validation: evaluationSetAt(sequences, 'validation', validation, trainEnds),
    test: evaluationSetAt(sequences, 'test', test, trainEnds),
    catalog: sequences.catalog,
    users: sequences.users,
  };
};
