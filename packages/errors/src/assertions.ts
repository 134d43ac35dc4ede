import type { RecsysError } from './recsys-error.js';

/** The error class of a package. */
type ErrorClass = new (code: 'bad-option', problem: string) => RecsysError;

/**
 * Checks that an option is an integer in a range.
 *
 * @param where name of the function or class, for the message.
 * @param name name of the option.
 * @param options.minimum smallest value allowed.
 * @param options.maximum largest value allowed. Default: no limit.
 * @param options.ErrorClass error to throw.
 * @throws `ErrorClass`, code `bad-option`, with the range and the value.
 * @example
 * assertInteger('recommend', 'k', 10, { minimum: 1, ErrorClass: ModelError }); // returns nothing
 * assertInteger('recommend', 'k', 0, { minimum: 1, ErrorClass: ModelError });
 * // throws ModelError: recommend: k must be an integer >= 1, got 0
 */
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

/**
 * Checks that an option is a number in the half-open range `[from, below)`.
 *
 * @param where name of the function or class, for the message.
 * @param name name of the option.
 * @param options.from smallest value allowed.
 * @param options.below the value must be less than this. Default: any finite number.
 * @param options.ErrorClass error to throw.
 * @throws `ErrorClass`, code `bad-option`, with the range and the value.
 * @example
 * assertRange('SASRec', 'dropoutRate', 0.2, { from: 0, below: 1, ErrorClass: SASRecError }); // returns nothing
 * assertRange('SASRec', 'dropoutRate', 1, { from: 0, below: 1, ErrorClass: SASRecError });
 * // throws SASRecError: SASRec: dropoutRate must be in [0, 1), got 1
 */
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

/**
 * Checks that options have no unknown names, such as a misspelled one.
 *
 * @param where name of the function or class, for the message.
 * @param options options as given.
 * @param known names of all options; the message lists them.
 * @param details.ErrorClass error to throw.
 * @throws `ErrorClass`, code `bad-option`.
 * @example
 * assertKnownOptions('topK', { excluded: [0] }, ['exclude'], { ErrorClass: MetricsError });
 * // throws MetricsError: topK: unknown option excluded; options are exclude
 */
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
