import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `StudioError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `bad-request`: a request does not fit its schema, or the model cannot answer it.
 * - `forbidden`: a request has no token, or comes from another page or name.
 * - `unknown-route`: there is no such address.
 * - `unknown-run`: the folder has no such run, or no longer.
 * - `bad-run`: the files of a run cannot be read.
 * - `bad-model`: the model of a run cannot be loaded.
 * - `cannot-listen`: the port is taken, or not allowed.
 */
export type StudioErrorCode =
  | 'bad-option'
  | 'bad-request'
  | 'forbidden'
  | 'unknown-route'
  | 'unknown-run'
  | 'bad-run'
  | 'bad-model'
  | 'cannot-listen';

/**
 * What the studio cannot do, in words that its page shows.
 * @example
 * await startStudio({ port: 80 }).catch((error) => {
 *   if (error instanceof StudioError && error.code === 'cannot-listen') return startStudio();
 *   throw error;
 * });
 */
export class StudioError extends RecsysError {
  override readonly name = 'StudioError';

  constructor(code: StudioErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
