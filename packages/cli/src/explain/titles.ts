import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.js';

/** Returns the name of an item: its title if there is one, else its id. */
export type NameOf = (item: string | number) => string;

/** A line of a file of titles. */
interface TitledItem {
  readonly title: string;
  /** The third column, if there is one. */
  readonly group: string | undefined;
}

/** What a file of titles has. */
interface Titles {
  readonly items: ReadonlyMap<string, TitledItem>;
  /** What the header calls the third column. */
  readonly groupName: string | undefined;
}

/**
 * Reads titles of items: lines of an id, a tab, a title, and perhaps a third column, such as genres; more are ignored. A line that begins with the
 * words `item` and `title` is a header.
 * @throws {UsageError} on a file that cannot be read, or has no tab in a line.
 */
const readTitles = (path: string): Titles => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError('usage', `${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  const items = new Map<string, TitledItem>();
  let groupName: string | undefined;
  text.split(/\r?\n/).forEach((line, i) => {
    if (line === '') return;
    const [item, title, group] = line.split('\t');
    if (title === undefined)
      throw new UsageError(
        'usage',
        `${path}:${i + 1}: must be an item id, a tab and a title, got ${JSON.stringify(line)}`,
      );
    if (i === 0 && item === 'item' && title === 'title') groupName = group;
    else items.set(item, { title, group });
  });
  return { items, groupName };
};

/** Returns how items are named: by their titles where a file gives them. */
export const namesFrom = (path: string | undefined): NameOf => {
  const titles = path === undefined ? undefined : readTitles(path);
  return (item) => titles?.items.get(String(item))?.title ?? String(item);
};

/** How items are put into groups. */
interface ItemGroups {
  /** What the groups are, such as `genres`. */
  readonly name: string;
  readonly of: (item: string | number) => string | undefined;
}

/** Returns the groups that a file of titles has in its third column, of several (`Action|Drama`) the first; undefined without one. */
export const groupsFrom = (path: string | undefined): ItemGroups | undefined => {
  const titles = path === undefined ? undefined : readTitles(path);
  if (titles === undefined || ![...titles.items.values()].some(({ group }) => group !== undefined)) return undefined;
  return {
    name: titles.groupName ?? 'group',
    of: (item) => titles.items.get(String(item))?.group?.split('|')[0] || undefined,
  };
};
