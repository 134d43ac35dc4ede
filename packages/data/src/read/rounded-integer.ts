/**
 * Returns whether a value is an integer that a number may not hold exactly. A parser may have rounded such an id, and then two users or items would
 * become one.
 */
export const isRoundedInteger = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);

/** Returns what is wrong with such an id, and what to do. */
export const roundedInteger = (what: string, value: number): string =>
  `${what} is an integer beyond 2^53, which was rounded to ${value}; write such ids as text, in quotes`;
