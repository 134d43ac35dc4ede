import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { forEachRow, type TableFormat } from '../read/read-table.js';
import type { InteractionSource } from '../read/sources/list-sources.js';
import type { Id } from '../table/id-map.js';
import { shownValue } from '../table/shown-value.js';
import { itemColumnOf } from './choose-features.js';

/** Options of `readItemAttributes`. */
export interface ReadItemAttributesOptions {
  /** Name of the column of item ids. Default: a common name such as `itemId`, `movieId` or `asin`, or else `id`. */
  item?: string | undefined;
  /** Format of the source. Default: detected from the first bytes or line. */
  format?: TableFormat | undefined;
  /** Name of the entry to read in a zip archive. Default: the only data file in it. */
  entry?: string | undefined;
}

/** Attributes of items as they are in the source: text in CSV, any value of JSON elsewhere. */
export interface ItemAttributes {
  /** Ids of the items, each once, in the order of the source. */
  readonly ids: readonly Id[];
  /** By name of the column, the value of each item; undefined where it has none. */
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/** What `index.ts` documents. */
export const readItemAttributes = async (
  source: InteractionSource,
  options: ReadItemAttributesOptions = {},
): Promise<ItemAttributes> => {
  const where = 'readItemAttributes';
  assertKnownOptions(where, options, ['item', 'format', 'entry'], { ErrorClass: DataError });
  const { item, format, entry } = options;
  const ids: Id[] = [];
  const seen = new Set<string>();
  const columns: Record<string, unknown[]> = Object.create(null);
  let column: string | undefined;
  const { name } = await forEachRow(where, source, { format, entry, unpackLimit: 2 ** 36 }, (row, place) => {
    const at = `${place.name}:${place.line}`;
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new DataError('bad-data', `${at}: is not an object with a field per column`);
    column ??= itemColumnOf(place.name, Object.keys(row), item);
    const { [column]: id, ...rest } = row as Record<string, unknown>;
    if ((typeof id !== 'string' && typeof id !== 'number') || id === '')
      throw new DataError('bad-data', `${at}: column "${column}" must be an item id, got ${shownValue(id)}`);
    if (seen.has(String(id))) throw new DataError('bad-data', `${at}: item ${shownValue(id)} comes twice`);
    seen.add(String(id));
    for (const [field, value] of Object.entries(rest)) {
      columns[field] ??= [];
      columns[field][ids.length] = value;
    }
    ids.push(id);
  });
  if (ids.length === 0) throw new DataError('bad-data', `${name}: has no items`);
  for (const values of Object.values(columns)) values.length = ids.length;
  return { ids, columns: { ...columns } };
};
