import {
  assertInteger,
  assertKnownOptions as assertKnownOptionsIn,
  type ErrorDetails,
  RecsysError,
} from '@recsys/errors';

/**
 * Codes of `MetricsError`:
 * - `bad-option`: an option is unknown, or an option or cutoff is out of range.
 * - `bad-input`: a list is empty, or two lists differ in length.
 * - `bad-value`: a score, rank, value or item is invalid, such as NaN.
 */
export type MetricsErrorCode = 'bad-option' | 'bad-input' | 'bad-value';

/**
 * Invalid scores, ranks or options. The message has the value.
 *
 * @example
 * try {
 *   hitRate([0, 3], 0);
 * } catch (error) {
 *   if (error instanceof MetricsError) console.error(error.code); // 'bad-option'
 * }
 */
export class MetricsError extends RecsysError {
  override readonly name = 'MetricsError';

  constructor(code: MetricsErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/** @throws {MetricsError} unless k is an integer of at least 1. */
export const assertK = (where: string, k: number): void =>
  assertInteger(where, 'k', k, { minimum: 1, ErrorClass: MetricsError });

/** @throws {MetricsError} when `options` has a key that is not in `known`. */
export const assertKnownOptions = (where: string, options: object, known: readonly string[]): void =>
  assertKnownOptionsIn(where, options, known, { ErrorClass: MetricsError });
