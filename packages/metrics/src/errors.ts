import {
  assertInteger,
  assertKnownOptions as assertKnownOptionsIn,
  type ErrorDetails,
  RecsysError,
} from '@recsys/errors';

/**
 * Codes of `MetricsError`:
 * - `bad-option`: an option or a cut-off is unknown or out of range.
 * - `bad-input`: lists are empty, or do not fit each other.
 * - `bad-value`: a score, rank, value or item that no metric is defined for, such as NaN.
 */
export type MetricsErrorCode = 'bad-option' | 'bad-input' | 'bad-value';

/** Scores, ranks or options that no metric is defined for, with the value in the message. */
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
