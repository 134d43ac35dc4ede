import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `DataError`. `unordered`: nothing says which interactions of a user came first. Those of databases:
 * - `not-installed`: the optional package of the database is not there.
 * - `cannot-open`: no server, a wrong password, no such file.
 * - `query-failed`: the database refused the query, or stopped it.
 * - `connection-lost`: the connection broke while rows were read.
 */
export type DataErrorCode =
  | 'bad-option'
  | 'bad-data'
  | 'unordered'
  | 'line-too-long'
  | 'node-only'
  | 'unknown-user'
  | 'not-installed'
  | 'cannot-open'
  | 'query-failed'
  | 'connection-lost';

/**
 * Interactions, sequences or options that cannot be used. The message says where and shows the value.
 *
 * @example
 * const ratings = await readInteractions('ratings.csv').catch((error) => {
 *   if (error instanceof DataError && error.code === 'bad-data') console.error(error.message);
 *   throw error;
 * });
 */
export class DataError extends RecsysError {
  override readonly name = 'DataError';

  constructor(code: DataErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/**
 * Codes of `FileError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `in-use`: another process uses the path.
 * - `lost-lock`: another process has taken over the path from this one.
 * - `cannot-write`: a full disk, a missing folder, no permission.
 */
export type FileErrorCode = 'bad-option' | 'in-use' | 'lost-lock' | 'cannot-write';

/**
 * A file or directory that cannot be written, or that another process is using.
 *
 * @example
 * await writeFileAtomically('state.json', text).catch((error) => {
 *   if (error instanceof FileError && error.code === 'cannot-write') console.error(error.message);
 * });
 */
export class FileError extends RecsysError {
  override readonly name = 'FileError';

  constructor(code: FileErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
