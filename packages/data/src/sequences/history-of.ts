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
export const historyOf = ({ offsets, ends, items, users, catalog }: UserSequences, userId: Id): Id[] => {
  const user = indexOfId(users, userId);
  if (user < 0) {
    throw new DataError(
      'unknown-user',
      `historyOf: user ${JSON.stringify(userId)} is not among the ${users.ids.length} users of the sequences`,
    );
  }
  return Array.from(items.subarray(offsets[user], ends[user]), (item) => idAt(catalog, item));
};
