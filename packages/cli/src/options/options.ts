import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { kebabCase, UsageError } from '../errors.js';

/** How a flag is written, read and explained; its name in camel case is its key in a `--config` file. */
export interface OptionSpec {
  readonly flags: string;
  readonly help: string;
  readonly type: 'number' | 'string' | 'boolean' | 'numbers' | 'strings';
  readonly choices?: readonly string[];
  /** Whether it can be turned off: by `--no-NAME`, or by false in a config file. */
  readonly canBeOff?: true;
  /** Checks a value, where a schema declares the option; see `flagOf`. */
  readonly schema?: z.ZodType;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The value of an option: that of its schema, else by its type. */
type ValueOf<Spec extends OptionSpec> = Spec extends { schema: z.ZodType<unknown, infer Value> }
  ? Exclude<Value, undefined>
  : PlainValueOf<Spec>;

type PlainValueOf<Spec extends OptionSpec> =
  | (Spec extends { choices: readonly (infer Choice)[] }
      ? Choice
      : { number: number; string: string; boolean: boolean; numbers: number[]; strings: string[] }[Spec['type']])
  | (Spec extends { canBeOff: true } ? false : never);

/** The options that were given, by key. */
export type GivenOptions<Specs extends OptionSpecs> = { -readonly [Key in keyof Specs]?: ValueOf<Specs[Key]> };

/** Declares options on a command; none has a default, so that given options can be told from absent ones. */
export const declareOptions = (command: Command, specs: OptionSpecs): Command => {
  for (const [key, { flags, help, type, choices, canBeOff, schema }] of Object.entries(specs)) {
    const option = new Option(flags, help);
    if (choices !== undefined) option.choices(choices);
    else if (type !== 'boolean')
      option.argParser((text: string, before: unknown) => {
        const value = parseValue(`--${kebabCase(key)}`, type, text, before);
        assertInSchema(`--${kebabCase(key)}`, value, schema);
        return value;
      });
    command.addOption(option);
    if (canBeOff) command.addOption(new Option(`--no-${kebabCase(key)}`, `turn off --${kebabCase(key)}`));
  }
  return command;
};

/** Declares groups of options on a command: the heading of each in the help, and what stands under it. */
export const declareOptionGroups = (
  command: Command,
  groups: readonly (readonly [heading: string, ...groups: OptionSpecs[]])[],
): void => {
  for (const [heading, ...specs] of groups) {
    command.optionsGroup(heading);
    for (const own of specs) declareOptions(command, own);
  }
};

/**
 * Returns the options of a config file with those of the command line over them.
 * @throws {UsageError} on a file that is not a JSON object, an unknown key, or a value of the wrong type.
 */
export const mergeConfig = <Specs extends OptionSpecs>(
  specs: Specs,
  given: Readonly<Record<string, unknown>>,
  path: string | undefined,
): GivenOptions<Specs> => {
  const fromFile = path === undefined ? {} : readConfig(specs, path);
  return { ...fromFile, ...pickOptions(specs, given) } as GivenOptions<Specs>;
};

/** Returns the options that are among the specs. */
export const pickOptions = <Specs extends OptionSpecs>(
  specs: Specs,
  given: Readonly<Record<string, unknown>>,
): GivenOptions<Specs> =>
  Object.fromEntries(Object.entries(given).filter(([key]) => Object.hasOwn(specs, key))) as GivenOptions<Specs>;

/** Returns the flags of the command line, without the defaults that commander adds: a `--no-` flag that is absent is true. */
export const givenFlags = (command: Command): Record<string, unknown> =>
  Object.fromEntries(Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) === 'cli'));

const readConfig = (specs: OptionSpecs, path: string): Record<string, unknown> => {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UsageError('usage', `${path}: cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UsageError('usage', `${path}: must hold a JSON object of options, such as { "epochs": 40 }`);
  }
  for (const [key, value] of Object.entries(config)) {
    const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
    if (spec === undefined)
      throw new UsageError(
        'usage',
        `${path}: unknown option ${JSON.stringify(key)}. Options are ${Object.keys(specs).join(', ')}.`,
      );
    if (typeof value === 'boolean' && spec.canBeOff && (!value || spec.schema?.safeParse(value).success)) continue;
    if (!isOfType(spec.type, value) || (spec.choices !== undefined && !spec.choices.includes(value as string))) {
      const expected = spec.choices === undefined ? typeInWords(spec.type) : `one of ${spec.choices.join(', ')}`;
      throw new UsageError('usage', `${path}: option ${key} must be ${expected}, got ${JSON.stringify(value)}`);
    }
    assertInSchema(`${path}: option ${key}`, value, spec.schema);
  }
  return config as Record<string, unknown>;
};

/** @throws {UsageError} when a value is not in the range that the schema of an option gives. */
const assertInSchema = (where: string, value: unknown, schema: z.ZodType | undefined): void => {
  const issue = schema?.safeParse(value).error?.issues[0];
  if (issue !== undefined) throw new UsageError('usage', `${where}: ${issue.message}, got ${JSON.stringify(value)}`);
};

/** Returns the type of the elements of a list. */
const elementOf = (type: OptionSpec['type']): string | undefined => /^(number|string)s$/.exec(type)?.[1];

const isOfType = (type: OptionSpec['type'], value: unknown): boolean => {
  const element = elementOf(type);
  if (element === undefined) return typeof value === type;
  return Array.isArray(value) && value.every((one) => typeof one === element);
};

const typeInWords = (type: OptionSpec['type']): string =>
  elementOf(type) === undefined ? `a ${type}` : `a list of ${type}`;

/** @param before what a flag that may be given several times has by now. */
const parseValue = (
  flag: string,
  type: 'number' | 'string' | 'numbers' | 'strings',
  text: string,
  before: unknown,
): unknown => {
  if (type === 'string') return text;
  if (type === 'strings')
    return [...(Array.isArray(before) ? before : []), ...text.split(',').map((part) => part.trim())];
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.some(Number.isNaN) || (type === 'number' && numbers.length !== 1)) {
    throw new UsageError(
      'usage',
      `${flag} must be ${type === 'number' ? 'a number' : 'numbers, such as 5,10'}, got ${JSON.stringify(text)}`,
    );
  }
  return type === 'number' ? numbers[0] : numbers;
};
