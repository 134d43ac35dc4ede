import {
  assertInteger as assertIntegerIn,
  assertKnownOptions as assertKnownOptionsIn,
  assertRange,
  type ErrorDetails,
  RecsysError,
} from '@recsys/errors';

/**
 * Codes of `LayerError`:
 * - `bad-option`: an option is unknown, missing or out of range.
 * - `bad-input`: the inputs of a call do not match the layer or each other.
 * - `not-built`: the layer has no weights yet; call it or its `build()` first.
 * - `no-gradient`: the op is for inference only; the message names one that has a gradient.
 */
export type LayerErrorCode = 'bad-option' | 'bad-input' | 'not-built' | 'no-gradient';

/**
 * Invalid options or inputs of a layer or op.
 *
 * @example
 * try {
 *   new CausalSelfAttention({ hiddenUnits: 50, numHeads: 3 });
 * } catch (error) {
 *   if (error instanceof LayerError) console.error(error.code); // 'bad-option'
 * }
 */
export class LayerError extends RecsysError {
  override readonly name = 'LayerError';

  constructor(code: LayerErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/**
 * @throws {LayerError} unless `value` is an integer in `minimum .. maximum`; without `maximum` there is no upper limit.
 */
export const assertInteger = (where: string, name: string, value: number, minimum: number, maximum?: number): void =>
  assertIntegerIn(where, name, value, { minimum, maximum, ErrorClass: LayerError });

/** @throws {LayerError} unless `rate` is in [0, 1). */
export const assertRate = (where: string, name: string, rate: number): void =>
  assertRange(where, name, rate, { from: 0, below: 1, ErrorClass: LayerError });

/** @throws {LayerError} if `options` has a key that is not in `known`. */
export const assertKnownOptions = (where: string, options: object, known: readonly string[]): void =>
  assertKnownOptionsIn(where, options, known, { ErrorClass: LayerError });
