import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `HSTUError`:
 * - `bad-option`: an option is unknown, missing or out of range.
 * - `too-large`: the model would have more weights than can be held.
 * - `no-backend`: no tfjs backend is loaded; call `selectBackend()` first.
 * - `no-times`: a batch has no times, and the model uses them.
 */
export type HSTUErrorCode = 'bad-option' | 'too-large' | 'no-backend' | 'no-times';

/**
 * An HSTU that cannot be built or called, with the option and the value in the message.
 * @example
 * try {
 *   new HSTU({ catalog, temperature: 0 });
 * } catch (error) {
 *   if (error instanceof HSTUError) console.error(error.code); // 'bad-option'
 * }
 */
export class HSTUError extends RecsysError {
  override readonly name = 'HSTUError';

  constructor(code: HSTUErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
