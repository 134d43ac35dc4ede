import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `ReportError`:
 * - `bad-option`: an option is unknown or not what it must be.
 * - `other-targets`: results that are to be compared are of other targets, or of another protocol.
 */
export type ReportErrorCode = 'bad-option' | 'other-targets';

/**
 * A report that cannot be made from what was given.
 * @example
 * try {
 *   createReport({ title: 'Two runs', runs });
 * } catch (error) {
 *   if (error instanceof ReportError && error.code === 'other-targets') console.error(error.message);
 *   else throw error;
 * }
 */
export class ReportError extends RecsysError {
  override readonly name = 'ReportError';

  constructor(code: ReportErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
