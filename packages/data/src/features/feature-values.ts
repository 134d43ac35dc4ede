import { shownValue } from '../table/shown-value.js';

/** A value that cannot be read; the caller says where. */
export class BadValue extends Error {}

/** Returns whether an item has no value in a column. */
export const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '') || Number.isNaN(value);

/**
 * Returns a number, which may be written as text.
 * @throws {BadValue}
 */
export const numberOf = (value: unknown): number => {
  const isNumeric = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  const number = isNumeric || typeof value === 'string' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new BadValue(`${shownValue(value)} is not a number`);
  return number;
};

/** Returns the elements of a list: an array, a typed array, or the text of a JSON array. Undefined for anything else. */
export const listOf = (value: unknown): readonly unknown[] | undefined => {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  if (typeof value !== 'string' || !/^\s*\[/.test(value)) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Returns a vector: a list of numbers, or numbers in a text with spaces or commas between them.
 * @throws {BadValue}
 */
export const vectorOf = (value: unknown): Float32Array => {
  const text = typeof value === 'string' ? value.trim() : '';
  const elements = listOf(value) ?? (/^[-+.\d]/.test(text) ? text.split(/[\s,;]+/) : undefined);
  if (elements === undefined) throw new BadValue(`${shownValue(value)} is not a vector`);
  const vector = Float32Array.from(elements, (element) =>
    typeof element === 'boolean' ? Number.NaN : numberOf(element),
  );
  if (!vector.every(Number.isFinite)) throw new BadValue('has an element that is not a number of 32 bits');
  return vector;
};

/**
 * Returns the categories in a value, each once: its elements if it is a list, the parts of a text with a separator, or the value itself.
 * @throws {BadValue}
 */
export const categoriesOf = (value: unknown, separator: string | undefined): string[] => {
  const list = listOf(value);
  const parts = list ?? (typeof value === 'string' && separator !== undefined ? value.split(separator) : [value]);
  const categories = parts
    .filter((part) => !isMissing(part))
    .map((part) => {
      if (typeof part === 'object' || typeof part === 'function')
        throw new BadValue(`${shownValue(part)} is not a category`);
      return String(part).trim();
    });
  return [...new Set(categories)];
};
