import { z } from 'zod';
import { kebabCase } from '../errors.js';
import type { OptionSpec } from './options.js';

/**
 * A flag that a zod schema declares: its kind, range, default and help follow from the schema.
 * @public named in the types of exported flags
 */
export interface SchemaSpec<Value> extends OptionSpec {
  readonly schema: z.ZodType<unknown, Value>;
}

/** What `z.toJSONSchema` says of the kinds of option that there are. */
interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
}

/**
 * Returns the flag of an option.
 *
 * @param key name of the option in camel case.
 * @param given.help in place of the schema's description, for flags that turn something off.
 * @param given.fallback the default, if it is not the schema's.
 */
export const flagOf = <Schema extends z.ZodType>(
  key: string,
  schema: Schema,
  { help, fallback }: { help?: string; fallback?: string | number } = {},
): SchemaSpec<z.input<Schema>> => {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const canBeOff = json.anyOf !== undefined;
  const kind = canBeOff ? json.anyOf.at(-1)! : json;
  const type = kind.type === 'integer' ? 'number' : kind.type === 'array' ? 'numbers' : kind.type;
  const turnsOff = type === 'boolean' && json.default === true;
  const name = kebabCase(key);
  return {
    flags: turnsOff ? `--no-${name}` : type === 'boolean' ? `--${name}` : `--${name} ${placeholders[type ?? 'string']}`,
    help: help ?? `${sentence(json.description ?? '')}${defaultText(fallback ?? json.default)}`,
    type: (type ?? 'string') as OptionSpec['type'],
    schema: schema as SchemaSpec<z.input<Schema>>['schema'],
    ...(kind.enum !== undefined && { choices: kind.enum }),
    ...(canBeOff && { canBeOff: true as const }),
  };
};

const placeholders: Readonly<Record<string, string>> = { number: '<n>', numbers: '<list>', string: '<name>' };

/** Returns a description as help is written: without a capital letter and a full stop, and without what `--no-NAME` says. */
const sentence = (description: string): string =>
  `${description.charAt(0).toLowerCase()}${description.slice(1)}`
    .replace(/(; false: [^;]*)?\.$/, '')
    .replaceAll('`', '');

const defaultText = (value: unknown): string => {
  if (value === undefined) return '';
  return ` (default ${value === false ? 'off' : Array.isArray(value) ? value.join(',') : value})`;
};

/** Returns the flags of all options of a zod object. */
export const flagsOf = <Shape extends z.ZodRawShape>(
  shape: Shape,
  given: { readonly [Key in keyof Shape]?: { help?: string; fallback?: string | number } } = {},
): { readonly [Key in keyof Shape]: SchemaSpec<z.input<Shape[Key]>> } =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [key, flagOf(key, schema as z.ZodType, given[key])]),
  ) as { readonly [Key in keyof Shape]: SchemaSpec<z.input<Shape[Key]>> };
