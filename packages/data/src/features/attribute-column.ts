import { DataError } from '../errors.js';
import { commonField } from '../read/column-names.js';
import type { ItemAttributes } from './read-item-attributes.js';

/** What columns of items are called by most, without case, `_`, `-` and spaces. */
const commonNames = {
  title: ['title', 'name'],
  category: ['category', 'categories', 'genre', 'genres'],
} as const;

/**
 * Returns the name of the column of a table of items that has their titles, or their categories.
 *
 * @param kind what the column has.
 * @param name of the column. Default: the first that is there of `title` and `name`, or of `category`, `categories`, `genre` and `genres`, in any case.
 * @returns undefined if no name is given, and no column has a common one.
 * @throws {DataError} `bad-option` on a name that no column has.
 * @example
 * const movies = await readItemAttributes('movies.csv');
 * attributeColumn(movies, 'title'); // 'Title'
 */
export const attributeColumn = (
  { columns }: ItemAttributes,
  kind: keyof typeof commonNames,
  name?: string | undefined,
): string | undefined => {
  const fields = Object.keys(columns);
  if (name === undefined) return commonField(fields, commonNames[kind]);
  if (fields.includes(name)) return name;
  throw new DataError(
    'bad-option',
    `the items have no column ${JSON.stringify(name)}; they have ${fields.join(', ') || 'no columns'}`,
  );
};
