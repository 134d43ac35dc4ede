import { assertInteger, type ErrorDetails, RecsysError } from '@recsys/errors';

/** Codes of `MetricsError`. */
export type MetricsErrorCode = 'bad-option' | 'bad-value';

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
