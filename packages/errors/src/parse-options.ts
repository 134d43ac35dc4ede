import type { RecsysError } from './recsys-error.js';

/** A problem with one value, as zod reports it. */
interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** The part of a zod schema that `parseOptions` uses. */
export interface OptionSchema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: { readonly issues: readonly Issue[] } };
}

/**
 * Checks options against a schema and returns them with defaults filled in.
 *
 * @param where name of the function or class, for the message.
 * @param schema a zod schema.
 * @param options options as given.
 * @throws `ErrorClass`, code `bad-option`, for an option that is unknown, missing or out of range; the message names
 * the function, the option and the value.
 * @example
 * const schema = z.strictObject({ k: z.int().min(1).default(10) });
 * parseOptions('evaluate', schema, {}, { ErrorClass: TrainingError }); // { k: 10 }
 * parseOptions('evaluate', schema, { K: 5 }, { ErrorClass: TrainingError });
 * // throws TrainingError: evaluate: unknown option K
 */
export const parseOptions = <Output>(
  where: string,
  schema: OptionSchema<Output>,
  options: unknown,
  { ErrorClass }: { ErrorClass: new (code: 'bad-option', problem: string) => RecsysError },
): Output => {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A missing option is often a misspelled one, so report unknown options first.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue.path.map(String).join('.');
  if (issue.keys !== undefined) {
    const inside = path === '' ? '' : ` in ${path}`;
    throw new ErrorClass('bad-option', `${where}: unknown option ${issue.keys.join(', ')}${inside}`);
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
  const option = path === '' ? 'options' : `option ${path}`;
  if (value === undefined) throw new ErrorClass('bad-option', `${where}: ${option} is missing`);
  throw new ErrorClass('bad-option', `${where}: ${option}: ${issue.message}, got ${shown(value)}`);
};

const shown = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value)?.slice(0, 200) ?? String(value));
