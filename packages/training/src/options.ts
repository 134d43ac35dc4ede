import { z } from 'zod';
import { TrainingError } from './errors.js';

/** Whole numbers and ranges that options use again and again. */
export const positiveInteger = z.int().min(1);
export const nonNegative = z.number().min(0);
export const cutoffs = z.array(positiveInteger).min(1);

/**
 * Returns options with defaults filled in.
 * @throws {TrainingError} naming the function, the option and the value, for an unknown option or one out of range.
 */
export const parseOptions = <Schema extends z.ZodType>(
  where: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> => {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue!.path.join('.');
  const value = issue!.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
  if (issue!.code === 'unrecognized_keys') {
    throw new TrainingError(`${where}: unknown option ${issue!.keys.join(', ')}${path === '' ? '' : ` in ${path}`}`);
  }
  throw new TrainingError(
    `${where}: option ${path === '' ? '(all)' : path}: ${issue!.message}, got ${String(JSON.stringify(value) ?? value)}`,
  );
};
