import type { UserSequences } from '@recsys/data';
import { PreparedReader, sequencesOf } from './prepared-reader.js';

/**
 * Returns the sequences of a prepared directory: those that `toSequences` of `@recsys/data` returns for the same interactions. All of them are in memory,
 * 12 bytes an interaction with times; `sequencesFromShards` is for more than that.
 *
 * @throws {PrepareError} `not-prepared`, or `damaged` when a file is not the one that was written.
 * @example
 * const split = leaveOneOut(await readPrepared('prepared'));
 */
export const readPrepared = async (directory: string): Promise<UserSequences> => {
  const reader = await PreparedReader.open(directory);
  try {
    const { counts, shards, timeUnit } = reader.manifest;
    const catalog = await reader.catalog();
    const users = await reader.users(0, counts.users);
    return sequencesOf(await reader.rows(0, shards.length), { users, catalog, timeUnit });
  } finally {
    reader.close();
  }
};
