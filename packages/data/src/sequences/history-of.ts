import { DataError } from '../errors.js';
import { type Id, idAt, indexOfId } from '../table/id-map.js';
import type { UserSequences } from './user-sequences.js';

/**
 * Returns the items of a user, oldest first, as the ids of your data.
 *
 * @param userId the user's id in your data, compared as text: `42` and `'42'` are the same user.
 * @throws {DataError} `unknown-user`.
 * @example
 * const history = historyOf(sequences, 42); // ['296', '318', '593']
 * const recommendations = model.recommend(history, { k: 10 });
 */
export const historyOf = (sequences: UserSequences, userId: Id): Id[] => {
  const { offsets, ends, items, catalog } = sequences;
  const user = rowOf('historyOf', sequences, userId);
  return Array.from(items.subarray(offsets[user], ends[user]), (item) => idAt(catalog, item));
};

/**
 * Returns when a user met the items of `historyOf`, in seconds; undefined for sequences without times.
 *
 * @throws {DataError} `unknown-user`.
 * @example
 * model.recommend(historyOf(sequences, 42), { times: historyTimesOf(sequences, 42) });
 */
export const historyTimesOf = (sequences: UserSequences, userId: Id): number[] | undefined => {
  const { offsets, ends, timestamps, timeUnit = 1 } = sequences;
  const user = rowOf('historyTimesOf', sequences, userId);
  return timestamps && Array.from(timestamps.subarray(offsets[user], ends[user]), (time) => time * timeUnit);
};

const rowOf = (where: string, { users }: UserSequences, userId: Id): number => {
  const user = indexOfId(users, userId);
  if (user >= 0) return user;
  throw new DataError(
    'unknown-user',
    `${where}: user ${JSON.stringify(userId)} is not among the ${users.ids.length} users of the sequences`,
  );
};
