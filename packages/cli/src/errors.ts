import { type ErrorDetails, RecsysError } from '@recsys/errors';

/** A command line that cannot be run as it is; the process exits with 2. */
export class UsageError extends RecsysError {
  override readonly name = 'UsageError';

  constructor(code: 'usage', problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/** An output that cannot be written: a full disk, no permission. What is good of it stays, and the same command resumes it. */
export class OutputError extends RecsysError {
  override readonly name = 'OutputError';

  constructor(code: 'cannot-write', problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
