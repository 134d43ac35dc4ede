import type { OptionSchema } from '@recsys/errors';
import { wiringNames } from '@recsys/layers';
import type { SASRecConfig } from './options.js';

/** What an option must be: returns what is wrong with a value, in the words of zod, or undefined. */
type Rule = (value: unknown) => string | undefined;

/** Whether a value is a map of item ids with an item in it. */
export const isCatalog = (value: unknown): boolean => {
  const { ids, first } = (value ?? {}) as { ids?: unknown; first?: unknown };
  return Array.isArray(ids) && first === 1 && ids.length > 0;
};

/** What is said of any other value. */
export const catalogProblem = 'must be a non-empty map of item ids, such as split.catalog';

const typeOf = (value: unknown): string => {
  if (typeof value === 'number')
    return Number.isNaN(value) ? 'NaN' : String(Math.abs(value) === Infinity ? value : 'number');
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
};

interface Range {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
}

const number =
  ({ atLeast, above, atMost, below }: Range): Rule =>
  (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      return `Invalid input: expected number, received ${typeOf(value)}`;
    if (atLeast !== undefined && value < atLeast) return `Too small: expected number to be >=${atLeast}`;
    if (above !== undefined && value <= above) return `Too small: expected number to be >${above}`;
    if (atMost !== undefined && value > atMost) return `Too big: expected number to be <=${atMost}`;
    if (below !== undefined && value >= below) return `Too big: expected number to be <${below}`;
    return undefined;
  };

const integer =
  (range: Range = {}): Rule =>
  (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return number({})(value);
    if (!Number.isInteger(value)) return 'Invalid input: expected int, received number';
    if (value > Number.MAX_SAFE_INTEGER) return `Too big: expected int to be <=${Number.MAX_SAFE_INTEGER}`;
    if (value < Number.MIN_SAFE_INTEGER) return `Too small: expected int to be >=${Number.MIN_SAFE_INTEGER}`;
    return number(range)(value);
  };

const boolean: Rule = (value) =>
  typeof value === 'boolean' ? undefined : `Invalid input: expected boolean, received ${typeOf(value)}`;

const oneOf =
  (names: readonly string[]): Rule =>
  (value) =>
    names.some((name) => name === value)
      ? undefined
      : `Invalid option: expected one of ${names.map((name) => JSON.stringify(name)).join('|')}`;

/** The rule of each option, and its default; the catalog has none. */
const rules: Readonly<Record<keyof SASRecConfig, readonly [rule: Rule, otherwise?: unknown]>> = {
  catalog: [(value) => (isCatalog(value) ? undefined : catalogProblem)],
  wiring: [oneOf(wiringNames), 'paper'],
  maxLength: [integer({ atLeast: 1 }), 50],
  hiddenUnits: [integer({ atLeast: 1 }), 50],
  numBlocks: [integer({ atLeast: 0, atMost: 1000 }), 2],
  numHeads: [integer({ atLeast: 1 }), 1],
  dropoutRate: [number({ atLeast: 0, below: 1 }), 0.5],
  positions: [boolean, true],
  sharedItemEmbedding: [boolean, true],
  residuals: [boolean, true],
  initializer: [oneOf(['glorotUniform', 'glorotNormal', 'normal']), 'glorotUniform'],
  normEpsilon: [number({ above: 0 }), 1e-8],
  seed: [integer(), 0],
};

/** Checks the options of a SASRec and fills in the paper's defaults, as `sasrecSchema` does, without zod. */
export const optionRules: OptionSchema<SASRecConfig> = {
  safeParse: (options) => {
    if (typeof options !== 'object' || options === null || Array.isArray(options))
      return failure(`Invalid input: expected object, received ${typeOf(options)}`);
    const keys = Object.keys(options).filter((name) => !Object.hasOwn(rules, name));
    if (keys.length > 0)
      return { success: false, error: { issues: [{ message: 'unknown', path: [], keys, code: 'unrecognized_keys' }] } };
    const data: Record<string, unknown> = {};
    for (const [name, [rule, otherwise]] of Object.entries(rules)) {
      const given = (options as Record<string, unknown>)[name];
      data[name] = given === undefined ? otherwise : given;
      const problem = rule(data[name]);
      if (problem !== undefined) return failure(problem, name);
    }
    return { success: true, data: data as unknown as SASRecConfig };
  },
};

const failure = (message: string, ...path: string[]) => ({
  success: false as const,
  error: { issues: [{ message, path }] },
});
