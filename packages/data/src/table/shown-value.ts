/** Longest text of a value in an error. */
const longest = 60;

/**
 * Returns a value of a file as an error shows it: short, and without a walk through what may be nested without end.
 *
 * @example
 * shownValue('n/a'); // '"n/a"'
 * shownValue([1, 2]); // 'a list'
 */
export const shownValue = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (value instanceof Uint8Array) return 'binary data';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'a list';
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return 'an object';
  if (typeof value !== 'string') return String(value instanceof Date ? JSON.stringify(value) : value);
  return value.length > longest ? `${JSON.stringify(value.slice(0, longest))}…` : JSON.stringify(value);
};
