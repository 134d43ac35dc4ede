import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `TrainingError`:
 * - `bad-option`: an option is unknown, missing or out of range.
 * - `empty-set`: there is no target to evaluate on.
 * - `bad-score`: a model or scorer gave a score that no rank is defined for, such as NaN.
 * - `diverged`: the loss is not a number, or weights have grown beyond use.
 * - `ranks-differ`: processes that train together do not have the same data, settings, engine or weights.
 * - `no-result`: no trial of a tuning was validated.
 * - `chooser-failed`: the program that chooses the settings of trials is missing, or ended with an error.
 * - `node-only`: this works in Node alone.
 */
export type TrainingErrorCode =
  | 'bad-option'
  | 'empty-set'
  | 'bad-score'
  | 'diverged'
  | 'ranks-differ'
  | 'no-result'
  | 'chooser-failed'
  | 'node-only';

/**
 * Training or evaluation that cannot go on, with the place and the value in the message.
 * @example
 * await fit(model, split, { epochs: 40, seed: 1 }).catch((error) => {
 *   if (error instanceof TrainingError && error.code === 'diverged') console.error(error.message);
 *   throw error;
 * });
 */
export class TrainingError extends RecsysError {
  override readonly name = 'TrainingError';

  constructor(code: TrainingErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
