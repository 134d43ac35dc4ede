import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `ExportError`:
 * - `bad-option`: an option is unknown or out of range, or the extension of a file does not tell its format.
 * - `unsupported-model`: this format is not for this kind of model.
 * - `too-large`: the format cannot hold a model of this size.
 * - `damaged`: a file is cut short or altered, or not of this format.
 * - `cannot-write`: a full disk, no permission, or the directory already exists.
 */
export type ExportErrorCode = 'bad-option' | 'unsupported-model' | 'too-large' | 'damaged' | 'cannot-write';

/**
 * A model that cannot be exported, or a file that cannot be read, with the place and the value in the message.
 * @example
 * try {
 *   fromSafetensors(bytes);
 * } catch (error) {
 *   if (error instanceof ExportError) console.error(error.code); // 'damaged'
 * }
 */
export class ExportError extends RecsysError {
  override readonly name = 'ExportError';

  constructor(code: ExportErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
