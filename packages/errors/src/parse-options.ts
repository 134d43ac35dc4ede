import type { RecsysError } from './recsys-error.js';

/** What is wrong with one value, as zod says it. */
interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** What `parseOptions` uses of a zod schema. */
export interface OptionSchema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: { readonly issues: readonly Issue[] } };
}

/**
 * Returns options with defaults filled in.
 *
 * @param where the function that took the options, for the message.
 * @param schema a zod schema.
 * @throws `ErrorClass`, code `bad-option`, naming the function, the option and the value, for an unknown option or one out of range.
 * @example
 * const { k } = parseOptions('evaluate', z.strictObject({ k: z.int().min(1).default(10) }), options, { ErrorClass: TrainingError });
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
  // A required option that is missing may be misspelled: name the unknown one first.
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
