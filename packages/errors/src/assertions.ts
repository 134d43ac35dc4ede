import type { RecsysError } from './recsys-error.js';

/** Makes the error of a package from a code and a problem. */
type ErrorClass = new (code: 'bad-option', problem: string) => RecsysError;

/** @throws when `value` is not an integer of at least `minimum`, and at most `maximum` where that is given. */
export const assertInteger = (
  where: string,
  name: string,
  value: number,
  { minimum, maximum, ErrorClass }: { minimum: number; maximum?: number | undefined; ErrorClass: ErrorClass },
): void => {
  if (Number.isSafeInteger(value) && value >= minimum && value <= (maximum ?? value)) return;
  const range = maximum === undefined ? `an integer >= ${minimum}` : `an integer from ${minimum} to ${maximum}`;
  throw new ErrorClass('bad-option', `${where}: ${name} must be ${range}, got ${shown(value)}`);
};

/** @throws when `value` is not a number in `[from, below)`; without `below`, a finite number of at least `from`. */
export const assertRange = (
  where: string,
  name: string,
  value: number,
  { from, below, ErrorClass }: { from: number; below?: number | undefined; ErrorClass: ErrorClass },
): void => {
  if (typeof value === 'number' && value >= from && value < (below ?? Number.POSITIVE_INFINITY)) return;
  const range = below === undefined ? `a number >= ${from}` : `in [${from}, ${below})`;
  throw new ErrorClass('bad-option', `${where}: ${name} must be ${range}, got ${shown(value)}`);
};

/** @throws when `options` has a key that is not in `known`; the message lists those that are. */
export const assertKnownOptions = (
  where: string,
  options: object,
  known: readonly string[],
  { ErrorClass }: { ErrorClass: ErrorClass },
): void => {
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const list = known.length === 0 ? 'it takes none' : `options are ${known.join(', ')}`;
  throw new ErrorClass('bad-option', `${where}: unknown option ${unknown.join(', ')}; ${list}`);
};

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));
