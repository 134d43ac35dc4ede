import { assertInteger as assertIntegerIn, assertRange, type ErrorDetails, RecsysError } from '@recsys/errors';

/** Codes of `LayerError`. */
export type LayerErrorCode = 'bad-option';

/** A layer or op that was given arguments it cannot work with. */
export class LayerError extends RecsysError {
  override readonly name = 'LayerError';

  constructor(code: LayerErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/** @throws {LayerError} unless `value` is an integer of at least `minimum`, and at most `maximum` where that is given. */
export const assertInteger = (where: string, name: string, value: number, minimum: number, maximum?: number): void =>
  assertIntegerIn(where, name, value, { minimum, maximum, ErrorClass: LayerError });

/** @throws {LayerError} unless `rate` is in [0, 1). */
export const assertRate = (where: string, name: string, rate: number): void =>
  assertRange(where, name, rate, { from: 0, below: 1, ErrorClass: LayerError });
