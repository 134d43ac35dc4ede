import { stat } from 'node:fs/promises';
import { type HistoryLine, historyOf, historyTimesOf, readHistories, type UserSequences } from '@recsys/data';
import { sha256OfFile } from '@recsys/data/node';
import { fingerprintOf } from '@recsys/training/node';
import { UsageError } from '../errors.js';

interface ReadOptions {
  /** Number of histories to skip. */
  readonly skip: number;
  readonly onProgress: (done: number, total: number) => void;
}

/** Where the histories of a batch come from. */
export interface HistorySource {
  /** For messages; the path of a file. */
  readonly name: string;
  read(options: ReadOptions): AsyncIterable<HistoryLine>;
  /** Returns text that is the same for the same histories. */
  fingerprint(): Promise<string>;
}

/** Returns the histories in a file of JSON lines or Parquet, or in standard input for `-`. */
export const historiesOfFile = (path: string): HistorySource => ({
  name: path === '-' ? 'input' : path,
  read: (options) => readHistories(path === '-' ? process.stdin : path, options),
  fingerprint: () => fingerprintOfFile(path),
});

/** Returns the whole history of each user of a run, named by the user. */
export const historiesOfUsers = (sequences: UserSequences): HistorySource => ({
  name: 'users',
  read: async function* ({ skip, onProgress }) {
    const { ids } = sequences.users;
    for (let user = skip; user < ids.length; user++) {
      const times = historyTimesOf(sequences, ids[user]);
      yield {
        number: user + 1,
        history: historyOf(sequences, ids[user]),
        ...(times && { times }),
        name: { user: ids[user] },
      };
      onProgress(user + 1, ids.length);
    }
  },
  fingerprint: async () => `all users of data ${fingerprintOf(sequences).fingerprint}`,
});

/** Returns the size and the sha256 of a file. */
const fingerprintOfFile = async (path: string): Promise<string> => {
  const unreadable = (cause: Error) => {
    throw new UsageError('usage', `${path}: cannot be read: ${cause.message}`, { cause });
  };
  const found = await stat(path).catch(unreadable);
  if (!found.isFile())
    throw new UsageError(
      'usage',
      `${path}: is not a regular file, so its output could not be resumed; remove --output`,
    );
  return `${found.size} bytes of sha256 ${await sha256OfFile(path).catch(unreadable)}`;
};
