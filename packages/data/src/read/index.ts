// Reading interactions and histories from files, URLs, streams and rows. This file is the door: the reader needs Node and is loaded with
// the first call, so that a browser bundle holds none of it.
import type { Interactions } from '../table/interactions.js';
import type { HistoryLine, ReadHistoriesOptions } from './read-histories.js';
import type { ReadInteractionsOptions } from './read-interactions.js';
import type { InteractionSource } from './sources.js';

export type { HistoryLine, ReadHistoriesOptions } from './read-histories.js';
export type { InteractionFormat, ReadInteractionsOptions } from './read-interactions.js';
export type { Row } from './row-sink.js';
export type { InteractionSource } from './sources.js';

/**
 * Returns the interactions in a source: text plain, gzip or in a zip archive, read in pieces, or rows, so that memory follows the result and
 * not the text. Ids stay strings just as they are written. A zip archive that does not come from a path is collected first, up to 1 GiB.
 *
 * @throws {DataError} naming the file, the line and the value, on a line that cannot be used, a missing column or rating, invalid UTF-8, a
 *   damaged gzip or zip, a zip archive without the entry, or with one that is encrypted or a bomb, an empty file, a file that cannot be read, or an address that does not answer with it.
 * @example
 * const ratings = await readInteractions('ratings.csv', { columns: { user: 'userId', item: 'movieId', timestamp: 'timestamp' } });
 */
export const readInteractions = async (
  source: InteractionSource,
  options: ReadInteractionsOptions = {},
): Promise<Interactions> => (await import('./node.js')).readInteractions(source, options);

/**
 * Yields the histories of a file, one for every line or row, in memory that does not grow with the file: JSON lines, plain or gzip, each an
 * array of items or `{ "history": [...] }`, perhaps with an `id` or `user`; or Parquet with a list column `history`, perhaps with `id` or
 * `user`, decoded a row group at a time, in a process of its own.
 *
 * @throws {DataError} on a file that cannot be read, a damaged gzip or Parquet, invalid UTF-8, or a table without `history`.
 * @example
 * for await (const line of readHistories('histories.jsonl')) if ('history' in line) console.log(line.number, line.history);
 */
export async function* readHistories(
  path: string,
  options: ReadHistoriesOptions = {},
): AsyncGenerator<HistoryLine, void, undefined> {
  yield* (await import('./node.js')).readHistories(path, options);
}
