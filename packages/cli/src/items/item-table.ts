import { attributeColumn, type Id, type ItemAttributes, readItemAttributes } from '@recsys/data';
import { RecsysError } from '@recsys/errors';
import { kebabCase, UsageError } from '../errors.js';
import { type GivenOptions, isSavedModel, openRun, pathOfItems } from '../options/index.js';
import type { itemTableOptions } from './item-table-options.js';

/** How items are put into groups. */
interface ItemGroups {
  /** What the groups are, such as `genres`. */
  readonly name: string;
  readonly of: (item: Id) => string | undefined;
}

/** A table of items: their titles, and what groups they are in. */
export class ItemTable {
  readonly #attributes: ItemAttributes;
  readonly #title: string | undefined;
  /** By id as text. */
  readonly #rows: ReadonlyMap<string, number>;

  /** @throws {DataError} `bad-option` when there is no such column of titles. */
  constructor(attributes: ItemAttributes, title?: string | undefined) {
    this.#attributes = attributes;
    this.#title = attributeColumn(attributes, 'title', title);
    this.#rows = new Map(attributes.ids.map((id, row) => [String(id), row]));
  }

  /** Returns the title of an item, or its id if it has none. */
  readonly nameOf = (item: Id): string => this.#valuesOf(item, this.#title)[0] ?? String(item);

  /**
   * Returns the groups that a column puts items into: of several values (`Action|Drama`, or a list) the first counts.
   *
   * @param column default: one of categories or genres; undefined if there is none.
   * @throws {DataError} `bad-option` when there is no such column.
   */
  groupsBy(column?: string | undefined): ItemGroups | undefined {
    const name = attributeColumn(this.#attributes, 'category', column);
    return name === undefined ? undefined : { name, of: (item) => this.#valuesOf(item, name)[0]?.split('|')[0] };
  }

  /** Returns the values of a column that an item has. */
  #valuesOf(item: Id, column: string | undefined): string[] {
    const row = this.#rows.get(String(item));
    if (row === undefined || column === undefined) return [];
    const value = this.#attributes.columns[column]![row];
    return [value].flat().flatMap((one) => (one === undefined || one === null || one === '' ? [] : [String(one)]));
  }
}

const noItems = new ItemTable({ ids: [], columns: {} });

/**
 * Resolves to the table of items that `--items` names, else to that which a run was trained with; one without items if there is neither.
 *
 * @param path of the run, or of a saved model, which names no table.
 * @param onUnreadable is told why the table of the run cannot be read; items are then named by their ids.
 * @throws {UsageError} on `--item-id` or `--item-title` alone.
 * @throws {DataError} when the file of `--items` cannot be read, or has no such column.
 */
export const openItemTable = async (
  path: string,
  { items, ...columns }: GivenOptions<typeof itemTableOptions>,
  onUnreadable: (reason: string) => void,
): Promise<ItemTable> => {
  if (items !== undefined)
    return new ItemTable(await readItemAttributes(items, { item: columns.itemId }), columns.itemTitle);
  const alone = Object.entries(columns).find(([, value]) => value !== undefined);
  if (alone !== undefined) throw new UsageError('usage', `--${kebabCase(alone[0])} needs --items`);
  const recorded = await itemsOfRun(path);
  if (recorded === undefined) return noItems;
  try {
    return new ItemTable(await readItemAttributes(recorded.file, { item: recorded.itemId }));
  } catch (error) {
    if (!RecsysError.isInstance(error)) throw error;
    onUnreadable(`items are shown by their ids: ${error.problem}`);
    return noItems;
  }
};

/** Resolves to the table that a run of `recsys train` had, and its column of ids; undefined for one without, a saved model, or another program's run. */
const itemsOfRun = async (path: string): Promise<{ file: string; itemId: string | undefined } | undefined> => {
  if (isSavedModel(path)) return undefined;
  const run = await openRun(path).catch((error: unknown) => {
    if (RecsysError.isInstance(error)) return undefined;
    throw error;
  });
  const recorded = run?.info.items;
  return recorded && { file: pathOfItems(path, recorded), itemId: recorded.options.itemId };
};
