import type { OptionSchema } from './parse-options.js';

/** What an option must be: returns what is wrong with a value, in the words of zod, or undefined. */
export type OptionRule = (value: unknown) => string | undefined;

/** The numbers that an option may be. */
export interface NumberRange {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
}

/**
 * Returns the rule of a finite number in a range.
 *
 * @example
 * numberRule({ atLeast: 0, below: 1 })(1); // 'Too big: expected number to be <1'
 */
export const numberRule =
  ({ atLeast, above, atMost, below }: NumberRange = {}): OptionRule =>
  (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      return `Invalid input: expected number, received ${typeOf(value)}`;
    if (atLeast !== undefined && value < atLeast) return `Too small: expected number to be >=${atLeast}`;
    if (above !== undefined && value <= above) return `Too small: expected number to be >${above}`;
    if (atMost !== undefined && value > atMost) return `Too big: expected number to be <=${atMost}`;
    if (below !== undefined && value >= below) return `Too big: expected number to be <${below}`;
    return undefined;
  };

/**
 * Returns the rule of a safe integer in a range.
 *
 * @example
 * integerRule({ atLeast: 1 })(0.5); // 'Invalid input: expected int, received number'
 */
export const integerRule =
  (range: NumberRange = {}): OptionRule =>
  (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return numberRule()(value);
    if (!Number.isInteger(value)) return 'Invalid input: expected int, received number';
    if (value > Number.MAX_SAFE_INTEGER) return `Too big: expected int to be <=${Number.MAX_SAFE_INTEGER}`;
    if (value < Number.MIN_SAFE_INTEGER) return `Too small: expected int to be >=${Number.MIN_SAFE_INTEGER}`;
    return numberRule(range)(value);
  };

/**
 * The rule of true and false.
 *
 * @example
 * booleanRule('yes'); // 'Invalid input: expected boolean, received string'
 */
export const booleanRule: OptionRule = (value) =>
  typeof value === 'boolean' ? undefined : `Invalid input: expected boolean, received ${typeOf(value)}`;

/**
 * Returns the rule of one of some names.
 *
 * @example
 * oneOfRule(['dot', 'cosine'])('l2'); // 'Invalid option: expected one of "dot"|"cosine"'
 */
export const oneOfRule =
  (names: readonly string[]): OptionRule =>
  (value) =>
    names.some((name) => name === value)
      ? undefined
      : `Invalid option: expected one of ${names.map((name) => JSON.stringify(name)).join('|')}`;

/**
 * Returns a schema from the rule of each option and its default, which answers as a strict object of zod does: so that a program has no zod in its
 * bundle.
 *
 * @param rules the rule of each option, then its default; an option without a default is checked as undefined when it is absent.
 * @example
 * const schema = schemaOfRules<{ k: number }>({ k: [integerRule({ atLeast: 1 }), 10] });
 * parseOptions('evaluate', schema, {}, { ErrorClass: TrainingError }); // { k: 10 }
 */
export const schemaOfRules = <Output extends object>(
  rules: Readonly<Record<keyof Output, readonly [rule: OptionRule, otherwise?: unknown]>>,
): OptionSchema<Output> => ({
  safeParse: (options) => {
    if (typeof options !== 'object' || options === null || Array.isArray(options))
      return failure(`Invalid input: expected object, received ${typeOf(options)}`);
    const keys = Object.keys(options).filter((name) => !Object.hasOwn(rules, name));
    if (keys.length > 0)
      return { success: false, error: { issues: [{ message: 'unknown', path: [], keys, code: 'unrecognized_keys' }] } };
    const data: Record<string, unknown> = {};
    for (const [name, [rule, otherwise]] of Object.entries<readonly [rule: OptionRule, otherwise?: unknown]>(rules)) {
      const given = (options as Record<string, unknown>)[name];
      const value = given === undefined ? otherwise : given;
      const problem = rule(value);
      if (problem !== undefined) return failure(problem, name);
      if (value !== undefined) data[name] = value;
    }
    return { success: true, data: data as unknown as Output };
  },
});

const typeOf = (value: unknown): string => {
  if (typeof value === 'number')
    return Number.isNaN(value) ? 'NaN' : String(Math.abs(value) === Infinity ? value : 'number');
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
};

const failure = (message: string, ...path: string[]) => ({
  success: false as const,
  error: { issues: [{ message, path }] },
});
