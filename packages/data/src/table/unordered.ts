import type { Advice } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { IdColumn } from './id-column.js';
import { shownValue } from './shown-value.js';

const inTimeOrder: Advice = {
  option: 'columns.timestamp',
  value: false,
  purpose: 'if the rows of each user are in time order',
};

/** Returns the error for a source whose times are not used, though it has some. */
export const unusedTimes = (where: string, column: string): DataError =>
  new DataError('unordered', `${where}: no column of times is used, but "${column}" looks like one.`, {
    advice: { option: 'columns.timestamp', value: column, purpose: 'to order by it', or: inTimeOrder },
  });

/**
 * Checks that the rows of each user follow one another, as they do in files that were made in time order, user by user.
 * @throws {DataError} `unordered`, when other rows come between them: then nothing says which of a user's rows is first.
 */
export const assertUserByUser = (where: string, { codes, ids }: IdColumn, rows: Iterable<number>): void => {
  const seen = new Uint8Array(ids.length);
  let before = -1;
  for (const row of rows) {
    const user = codes[row];
    if (user === before) continue;
    if (seen[user] === 1)
      throw new DataError(
        'unordered',
        `${where}: has no column of times, and the rows of users are mixed, such as those of ${shownValue(String(ids[user]))}; so it is unknown what came first.`,
        { advice: { option: 'columns.timestamp', purpose: 'to name a column of times', or: inTimeOrder } },
      );
    seen[user] = 1;
    before = user;
  }
};
