/**
 * Returns whether a value is an integer that a number may not hold exactly. Where it is an id, it was perhaps another id before a parser
 * rounded it, and then two users or items would become one.
 */
export const isRoundedInteger = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);

/** What is wrong with such an id, and what to do. */
export const roundedInteger = (what: string, value: number): string =>
  `${what} is an integer beyond 2^53, which is rounded (to ${value}) when it is read; write such ids as text, in quotes`;
