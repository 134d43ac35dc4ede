import { type ErrorDetails, RecsysError } from '@recsys/errors';

/** Codes of `SASRecError`. */
export type SASRecErrorCode = 'bad-option';

/** A SASRec configuration that cannot be built, with the option and the value in the message. */
export class SASRecError extends RecsysError {
  override readonly name = 'SASRecError';

  constructor(code: SASRecErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
