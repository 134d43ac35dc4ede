import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { attributeColumn, type ItemAttributes, readItemAttributes } from '@recsys/data';
import { RecsysError } from '@recsys/errors';
import { StudioError } from '../errors.js';
import type { Run } from '../runs/index.js';

/** Where titles and attributes come from. */
export interface ItemsOptions {
  /** A table of items. Default: that of the run, if it was trained with one. */
  readonly items?: string | undefined;
  /** Its column of ids. */
  readonly itemId?: string | undefined;
  /** Its column of titles. Default: one that is called title or name. */
  readonly itemTitle?: string | undefined;
}

/** A table of items as it was read. */
export interface ItemTable {
  readonly attributes: ItemAttributes;
  /** The column of titles. */
  readonly title: string | undefined;
  /** What it is, or why there is none, in words. */
  readonly said: string;
}

const nothing = (said: string): ItemTable => ({ attributes: { ids: [], columns: {} }, title: undefined, said });

/** Reads tables of items, and keeps the newest ones: runs mostly have the same. */
export class ItemTables {
  readonly #options: ItemsOptions;
  readonly #tables = new Map<string, Promise<ItemAttributes>>();

  constructor(options: ItemsOptions) {
    this.#options = options;
  }

  /** Resolves to the table of the options; undefined if they name none. */
  async given(): Promise<ItemTable | undefined> {
    const { items, itemId, itemTitle } = this.#options;
    return items === undefined ? undefined : this.#table(items, itemId, itemTitle);
  }

  /** Resolves to the table of the options, else to that of the run; one without items if there is neither, or the run's cannot be read. */
  async of({ path, settings }: Run): Promise<ItemTable> {
    const given = await this.given();
    if (given !== undefined) return given;
    const recorded = settings?.items;
    if (recorded === undefined)
      return nothing('Items are shown by their ids. For titles, start the studio with --items FILE.');
    try {
      const file = isAbsolute(recorded.path) ? recorded.path : join(path, recorded.path);
      return await this.#table(file, recorded.column, undefined);
    } catch (error) {
      if (!RecsysError.isInstance(error)) throw error;
      return nothing(`Items are shown by their ids: ${error.problem.replace(/\.$/, '')}.`);
    }
  }

  async #table(file: string, item: string | undefined, wanted: string | undefined): Promise<ItemTable> {
    const attributes = await this.#read(file, item);
    const title = attributeColumn(attributes, 'title', wanted);
    const name = basename(file);
    return {
      attributes,
      title,
      said: title === undefined ? `${name} has no column of titles.` : `Titles are those of ${name}.`,
    };
  }

  async #read(file: string, item: string | undefined): Promise<ItemAttributes> {
    const found = await stat(file).catch(() => undefined);
    // What a run names may be anything: an address is not fetched, and a device has no end.
    if (!found?.isFile()) throw new StudioError('bad-option', `items: ${file}: no such file`);
    const key = JSON.stringify([file, item, found.mtimeMs, found.size]);
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = readItemAttributes(file, { item });
      table.catch(() => this.#tables.delete(key));
      this.#tables.set(key, table);
      if (this.#tables.size > 4) this.#tables.delete(this.#tables.keys().next().value!);
    }
    return table;
  }
}
