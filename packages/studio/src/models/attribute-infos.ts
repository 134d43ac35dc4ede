import { type IdMap, indexOfId } from '@recsys/model';
import type { AttributeInfo } from '../protocol/index.js';
import type { ItemTable } from './item-table.js';

/** Most values of an attribute that a page offers. */
const mostValues = 200;

/** Returns what the items of a catalog can be filtered by: columns of numbers, and columns of texts whose values come more than once. */
export const attributeInfos = (catalog: IdMap, { attributes: { ids, columns }, title }: ItemTable): AttributeInfo[] => {
  const isOfModel = ids.map((id) => indexOfId(catalog, id) > 0);
  return Object.entries(columns).flatMap(([name, column]) => {
    if (name === title) return [];
    const values = column.filter((value, row) => isOfModel[row] && !isMissing(value));
    return values.length === 0 ? [] : (infoOf(name, values) ?? []);
  });
};

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === '';

/** As `@recsys/serve` reads a column: numbers if all values are, else texts, of which `|` separates several. */
const infoOf = (name: string, values: readonly unknown[]): AttributeInfo | undefined => {
  const numbers = values.map((value) =>
    typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN,
  );
  if (!numbers.some(Number.isNaN)) {
    let [min, max] = [numbers[0], numbers[0]];
    for (const number of numbers) [min, max] = [Math.min(min, number), Math.max(max, number)];
    return { name, kind: 'numbers', min, max };
  }
  const counts = new Map<string, number>();
  for (const value of values)
    for (const text of Array.isArray(value) ? value.map(String) : String(value).split('|'))
      counts.set(text, (counts.get(text) ?? 0) + 1);
  // A text of each item, such as a description, is nothing to filter by.
  if (counts.size > 20 && counts.size > values.length / 2) return undefined;
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    name,
    kind: 'texts',
    values: sorted.slice(0, mostValues).map(([value, items]) => ({ value, items })),
    others: Math.max(0, sorted.length - mostValues),
  };
};
