import { type ErrorDetails, RecsysError } from '@recsys/errors';

/** Codes of `TrainingError`. */
export type TrainingErrorCode = 'bad-option';

/** Training or evaluation that cannot go on, with the place and the value in the message. */
export class TrainingError extends RecsysError {
  override readonly name = 'TrainingError';

  constructor(code: TrainingErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
