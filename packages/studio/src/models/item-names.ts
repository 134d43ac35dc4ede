import { type Id, type IdMap, indexOfId } from '@recsys/model';
import type { NamedItem } from '../protocol/index.js';
import type { ItemTable } from './item-table.js';

/** What the items of a catalog are called, and how they are found by it. */
export class ItemNames {
  readonly #catalog: IdMap;
  /** By inside index, 1 .. numItems; undefined for an item without a title. */
  readonly #titles: (string | undefined)[];
  /** Titles and ids as they are searched, in the order of popularity. */
  #index: { readonly text: string; readonly index: number }[] | undefined;

  constructor(catalog: IdMap, { attributes: { ids, columns }, title }: ItemTable) {
    this.#catalog = catalog;
    this.#titles = new Array(catalog.ids.length + 1);
    const titles = title === undefined ? [] : columns[title];
    ids.forEach((id, row) => {
      const index = indexOfId(catalog, id);
      const text = titles[row];
      if (index > 0 && text !== undefined && text !== null && text !== '') this.#titles[index] = String(text);
    });
  }

  /** Returns an item with its title, or with its id if it has none. */
  named(id: Id): NamedItem {
    const index = indexOfId(this.#catalog, id);
    return { item: String(id), title: (index > 0 ? this.#titles[index] : undefined) ?? String(id) };
  }

  isKnown(id: Id): boolean {
    return indexOfId(this.#catalog, id) > 0;
  }

  /**
   * Returns items whose title or id has all words of a query, whatever their case and accents: those that begin with the query first, then the
   * popular ones. An empty query has the most popular items.
   */
  search(query: string, limit: number): NamedItem[] {
    this.#index ??= this.#makeIndex();
    const wanted = searchable(query);
    const words = wanted.split(/\s+/).filter((word) => word !== '');
    const [first, others]: [number[], number[]] = [[], []];
    for (const { text, index } of this.#index) {
      if (!words.every((word) => text.includes(word))) continue;
      if (wanted !== '' && text.startsWith(wanted)) first.push(index);
      else others.push(index);
      if (first.length >= limit || (wanted === '' && others.length >= limit)) break;
    }
    return [...first, ...others].slice(0, limit).map((index) => this.named(this.#catalog.ids[index - 1]));
  }

  #makeIndex(): { text: string; index: number }[] {
    const { ids, counts } = this.#catalog;
    const places = ids.map((id, i) => {
      const title = this.#titles[i + 1];
      return {
        text: title === undefined ? searchable(String(id)) : `${searchable(title)} ${searchable(String(id))}`,
        index: i + 1,
      };
    });
    return counts === undefined ? places : places.sort((a, b) => counts[b.index - 1] - counts[a.index - 1]);
  }
}

/** Returns a text without case and accents. */
const searchable = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
