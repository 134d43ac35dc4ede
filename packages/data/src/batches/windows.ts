import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';

/** Parts of histories: each ends with its newest target, and has at most `maxLength` of them. */
export interface Windows {
  readonly users: Uint32Array;
  /** Exclusive ends in `items`. */
  readonly ends: Uint32Array;
}

/** Returns the error for data without a training target. */
export const noWindows = (users: number): DataError =>
  new DataError(
    'bad-data',
    `trainBatches: none of ${users} users has 2 training interactions; leave-one-out needs users with 4 or more`,
  );

/** Returns the number of windows of a user who has this many training interactions. */
export const countWindows = (interactions: number, length: number | undefined): number => {
  const targets = Math.max(0, interactions - 1);
  return length === undefined ? Math.min(1, targets) : Math.ceil(targets / length);
};

/**
 * Returns the windows of all users with 2 training interactions: the newest of each, or with `length` as many as hold all of its targets.
 */
export const windowsOf = ({ offsets, ends }: UserSequences, length: number | undefined): Windows => {
  const countOf = (user: number) => countWindows(ends[user] - offsets[user], length);
  let count = 0;
  for (let user = 0; user < ends.length; user++) count += countOf(user);
  if (count === 0) throw noWindows(ends.length);
  const windows = { users: new Uint32Array(count), ends: new Uint32Array(count) };
  let at = 0;
  for (let user = 0; user < ends.length; user++) {
    for (let i = 0; i < countOf(user); i++) {
      windows.users[at] = user;
      windows.ends[at++] = ends[user] - i * (length ?? 0);
    }
  }
  return windows;
};

export const chosen = ({ users, ends }: Windows, indices: Uint32Array): Windows => ({
  users: indices.map((i) => users[i]),
  ends: indices.map((i) => ends[i]),
});
