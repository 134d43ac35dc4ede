import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `MpiError`:
 * - `not-started`: the process was not started by `mpirun`.
 * - `not-installed`: koffi or Open MPI cannot be loaded.
 */
export type MpiErrorCode = 'not-started' | 'not-installed';

/**
 * Processes that cannot be joined by MPI.
 * @example
 * await openMpi().catch((error) => {
 *   if (error instanceof MpiError && error.code === 'not-started') console.error(error.message);
 *   throw error;
 * });
 */
export class MpiError extends RecsysError {
  override readonly name = 'MpiError';

  constructor(code: MpiErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
