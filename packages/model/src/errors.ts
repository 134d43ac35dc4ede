import { type ErrorDetails, RecsysError } from '@recsys/errors';

/** Codes of `ModelError`. */
export type ModelErrorCode = 'bad-option' | 'node-only';

/** A model, history or item that cannot be used, with the place and the value in the message. */
export class ModelError extends RecsysError {
  override readonly name = 'ModelError';

  constructor(code: ModelErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/** Codes of `CheckpointError`. */
export type CheckpointErrorCode = 'bad-checkpoint';

/** A run directory, checkpoint or saved model that cannot be used, with the file in the message. */
export class CheckpointError extends RecsysError {
  override readonly name = 'CheckpointError';

  constructor(code: CheckpointErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
