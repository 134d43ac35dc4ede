/** A layer or op that was given arguments it cannot work with. */
export class LayerError extends Error {
  override readonly name: string = 'LayerError';
}

/** @throws {LayerError} unless `value` is an integer of at least `minimum`, and at most `maximum` where that is given. */
export const assertInteger = (where: string, name: string, value: number, minimum: number, maximum?: number): void => {
  if (!Number.isSafeInteger(value) || value < minimum || value > (maximum ?? value)) {
    const end = maximum === undefined ? '' : ` and <= ${maximum}`;
    throw new LayerError(`${where}: ${name} must be an integer >= ${minimum}${end}, got ${value}`);
  }
};

/** @throws {LayerError} unless `rate` is in [0, 1). */
export const assertRate = (where: string, name: string, rate: number): void => {
  if (!(rate >= 0 && rate < 1)) throw new LayerError(`${where}: ${name} must be in [0, 1), got ${rate}`);
};
