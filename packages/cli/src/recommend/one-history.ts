import { historyOf, historyTimesOf, type Id, indexOfId, type UserSequences } from '@recsys/data';
import { UsageError } from '../errors.js';
import { pickOptions, runDataOptions, sequencesOf } from '../options/index.js';
import type { Reporter } from '../reporter.js';

/** Returns the items of a flag, separated by commas. */
export const itemsIn = (flag: string, text: string): string[] => {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes(''))
    throw new UsageError('usage', `${flag} must be items separated by commas, got ${JSON.stringify(text)}`);
  return items;
};

/** Returns the sequences of the users of a run, or of the data that is given. */
export const sequencesOfUsers = (
  path: string,
  given: Record<string, unknown>,
  reporter: Reporter,
): Promise<UserSequences> =>
  sequencesOf(path, pickOptions(runDataOptions, given), (name, work) => reporter.during(name, work));

/**
 * Returns the whole history of a user, and its times if the data has them.
 * @throws {UsageError} when the data has no such user.
 */
export const historyOfUser = async (
  path: string,
  user: string,
  given: Record<string, unknown>,
  reporter: Reporter,
): Promise<{ items: Id[]; times: number[] | undefined }> => {
  const sequences = await sequencesOfUsers(path, given, reporter);
  if (indexOfId(sequences.users, user) < 0)
    throw new UsageError('usage', `--user ${user} is not one of the ${sequences.users.ids.length} users of the data`);
  return { items: historyOf(sequences, user), times: historyTimesOf(sequences, user) };
};
