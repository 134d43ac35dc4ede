const marker: unique symbol = Symbol.for('recsys.error') as never;

/** An option that avoids an error. The library prints it as an option, the command line as a flag. */
export interface Advice {
  /** Name of the option, such as `onError`. */
  readonly option: string;
  /** Value to set, such as `skip`. Absent: the user has to choose one. */
  readonly value?: string | number | boolean | undefined;
  /** Purpose of the option, such as `to skip such lines`. */
  readonly purpose?: string | undefined;
  /** What to set instead, for another purpose. */
  readonly or?: Advice | undefined;
}

/** Details of an error, besides its code and problem. */
export interface ErrorDetails {
  readonly advice?: Advice | undefined;
  /** The error that caused this one. */
  readonly cause?: unknown;
}

/**
 * Base class of all errors that these packages report. Every package throws its own subclass.
 *
 * If several copies of a package are loaded, `instanceof` can fail: use `RecsysError.isInstance(error)` or
 * `error.code`.
 *
 * @example
 * try {
 *   await readInteractions('missing.csv');
 * } catch (error) {
 *   if (!RecsysError.isInstance(error)) throw error;
 *   console.error(error.code); // 'bad-data'
 * }
 */
export class RecsysError extends Error {
  override readonly name: string = 'RecsysError';
  readonly [marker] = true;
  /** Kind of error, such as `bad-line`. Messages may change between versions; codes do not. */
  readonly code: string;
  /** What is wrong: `message` without the advice at its end. */
  readonly problem: string;
  readonly advice: Advice | undefined;

  /**
   * @param code kind of error, in kebab case.
   * @param problem what is wrong: function, argument, expectation and value.
   */
  constructor(code: string, problem: string, { advice, cause }: ErrorDetails = {}) {
    super(advice === undefined ? problem : `${problem} ${sentenceOf(advice)}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.problem = problem;
    this.advice = advice;
  }

  /** Returns whether a value is an error of these packages, from any copy of any of them. */
  static isInstance(value: unknown): value is RecsysError {
    return typeof value === 'object' && value !== null && (value as Record<PropertyKey, unknown>)[marker] === true;
  }
}

/** Returns advice in the words of the library: `Set onError: 'skip' to skip such lines.` */
const sentenceOf = (advice: Advice): string => `Set ${clauseOf(advice)}.`;

const clauseOf = ({ option, value, purpose, or }: Advice): string => {
  const shown = value === undefined ? option : `${option}: ${typeof value === 'string' ? `'${value}'` : value}`;
  const clause = purpose === undefined ? shown : `${shown} ${purpose}`;
  return or === undefined ? clause : `${clause}, or ${clauseOf(or)}`;
};
