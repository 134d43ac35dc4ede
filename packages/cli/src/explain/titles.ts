import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.js';

/** Returns the name of an item: its title if there is one, else its id. */
export type NameOf = (item: string | number) => string;

/**
 * Reads titles of items: lines of an id, a tab, a title, and perhaps more columns, which are ignored. A line of the words `item` and `title`
 * is a header.
 * @throws {UsageError} on a file that cannot be read, or has no tab in a line.
 */
const readTitles = (path: string): Map<string, string> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError('usage', `${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  const titles = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, i) => {
    if (line === '') return;
    const [item, title] = line.split('\t');
    if (title === undefined)
      throw new UsageError(
        'usage',
        `${path}:${i + 1}: must be an item id, a tab and a title, got ${JSON.stringify(line)}`,
      );
    if (!(i === 0 && item === 'item' && title === 'title')) titles.set(item, title);
  });
  return titles;
};

/** Returns how items are named: by their titles where a file gives them. */
export const namesFrom = (path: string | undefined): NameOf => {
  const titles = path === undefined ? undefined : readTitles(path);
  return (item) => titles?.get(String(item)) ?? String(item);
};
