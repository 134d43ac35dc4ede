const marker: unique symbol = Symbol.for('recsys.error') as never;

/** An option that would have avoided an error: the library writes it as an option, the command as a flag. */
export interface Advice {
  /** Name of the option, such as `onError`. */
  readonly option: string;
  /** The value to give it, such as `skip`. Absent: a value of the user's own. */
  readonly value?: string | number | boolean | undefined;
  /** What the option does then, such as `to skip such lines`. */
  readonly purpose?: string | undefined;
}

/** What an error carries beside its code and its problem. */
export interface ErrorDetails {
  readonly advice?: Advice | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * An error that the library foresaw. Every package throws a subclass of it.
 *
 * Several copies of a package may be loaded at once, so that `instanceof` can fail: use `RecsysError.isInstance(error)`, or `error.code`.
 *
 * @example
 * try {
 *   await readInteractions('ratings.csv');
 * } catch (error) {
 *   if (RecsysError.isInstance(error)) console.error(error.code, error.message);
 * }
 */
export class RecsysError extends Error {
  override readonly name: string = 'RecsysError';
  readonly [marker] = true;
  /** Names the kind of error, such as `bad-line`. Stable: a message may change, a code does not. */
  readonly code: string;
  /** What is wrong, without the advice that `message` ends with. */
  readonly problem: string;
  readonly advice: Advice | undefined;

  /**
   * @param code names the kind of error, in kebab case.
   * @param problem what is wrong: function, argument, expectation and value.
   */
  constructor(code: string, problem: string, { advice, cause }: ErrorDetails = {}) {
    super(advice === undefined ? problem : `${problem} ${sentenceOf(advice)}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.problem = problem;
    this.advice = advice;
  }

  /** Returns whether a value is an error of this family, from any copy of any package. */
  static isInstance(value: unknown): value is RecsysError {
    return typeof value === 'object' && value !== null && (value as Record<PropertyKey, unknown>)[marker] === true;
  }
}

/** Returns advice as a library says it: `Set onError: 'skip' to skip such lines.` */
const sentenceOf = ({ option, value, purpose }: Advice): string => {
  const shown = value === undefined ? option : `${option}: ${typeof value === 'string' ? `'${value}'` : value}`;
  return `Set ${shown}${purpose === undefined ? '' : ` ${purpose}`}.`;
};
