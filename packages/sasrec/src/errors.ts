import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `SASRecError`:
 * - `bad-option`: an option is unknown, missing or out of range.
 * - `too-large`: the model would have more weights than can be held.
 * - `no-backend`: no tfjs backend is loaded; call `selectBackend()` first.
 */
export type SASRecErrorCode = 'bad-option' | 'too-large' | 'no-backend';

/**
 * A SASRec configuration that cannot be built, with the option and the value in the message.
 * @example
 * try {
 *   new SASRec({ catalog, hiddenUnits: 50, numHeads: 3 });
 * } catch (error) {
 *   if (error instanceof SASRecError) console.error(error.code); // 'bad-option'
 * }
 */
export class SASRecError extends RecsysError {
  override readonly name = 'SASRecError';

  constructor(code: SASRecErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
