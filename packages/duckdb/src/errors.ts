import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `PrepareError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `bad-data`: a source is missing, or holds rows that are no interactions.
 * - `unordered`: nothing says which interactions of a user came first.
 * - `no-extension`: DuckDB reads this source by an extension that is not on this machine.
 * - `query-failed`: DuckDB refused a query.
 * - `out-of-memory`: a step needs more than the memory limit.
 * - `exists`: there is something at the output already.
 * - `cannot-write`: a full disk, no permission.
 * - `not-prepared`: a directory is not one that `prepare` has written.
 * - `damaged`: a file of a prepared directory is missing or altered.
 */
export type PrepareErrorCode =
  | 'bad-option'
  | 'bad-data'
  | 'unordered'
  | 'no-extension'
  | 'query-failed'
  | 'out-of-memory'
  | 'exists'
  | 'cannot-write'
  | 'not-prepared'
  | 'damaged';

/**
 * Data that cannot be prepared, or a prepared directory that cannot be read. The message names the file, the table or the row.
 *
 * @example
 * await prepare({ from: 'events.parquet', out: 'prepared' }).catch((error) => {
 *   if (error instanceof PrepareError && error.code === 'exists') console.error('it is prepared already');
 *   else throw error;
 * });
 */
export class PrepareError extends RecsysError {
  override readonly name = 'PrepareError';

  constructor(code: PrepareErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
