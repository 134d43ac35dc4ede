// Reading interactions and histories from files, URLs, streams and rows. The reader itself needs Node; it is loaded by the first call, so that it
// is not part of a bundle for the browser.
import type { Readable } from 'node:stream';
import type { Interactions } from '../table/interactions.js';
import type { HistoryLine, ReadHistoriesOptions } from './read-histories.js';
import type { ReadInteractionsOptions } from './read-interactions.js';
import type { InteractionSource } from './sources/list-sources.js';

export type { HistoryLine, ReadHistoriesOptions } from './read-histories.js';
export type { InteractionFormat, ReadInteractionsOptions } from './read-interactions.js';
export type { Row } from './row-sink.js';
export type { InteractionSource } from './sources/list-sources.js';

/**
 * Returns the interactions in a source: a file, a folder of files, a URL, a stream or rows. Files may be plain, gzip or in a zip archive. The source
 * is read in pieces, so memory grows with the result, not with the text. Ids in text stay strings, exactly as they are written. A zip archive from a
 * URL or stream is kept in memory while it is read, up to 1 GiB.
 *
 * @throws {DataError} naming the file, the line and the value: on an unknown option, a bad line, a missing column or rating, invalid UTF-8, a damaged
 *   or empty file, a file or URL that cannot be read, a folder with other files, or a zip archive with no such entry, or with an entry that is
 *   encrypted or unpacks to too much.
 * @example
 * const ratings = await readInteractions('ratings.csv', {
 *   columns: { user: 'userId', item: 'movieId', timestamp: 'timestamp' },
 * });
 * ratings.size; // number of interactions
 */
export const readInteractions = async (
  source: InteractionSource,
  options: ReadInteractionsOptions = {},
): Promise<Interactions> => (await import('./node.js')).readInteractions(source, options);

/**
 * Yields the histories in a file or a stream of bytes, one per line or row. Memory does not grow with the file, save for Parquet from a stream. It may
 * have JSON lines, plain or gzip: arrays of items or `{ "history": [...] }`, with an `id` or `user` if you like. Or it is a Parquet file with a list
 * column `history`, and a column `id` or `user` if you like. A bad line is yielded with the reason, not thrown.
 *
 * @throws {DataError} on an unknown option, a file that cannot be read, a damaged gzip or Parquet file, invalid UTF-8, or a table without `history`.
 * @example
 * for await (const line of readHistories('histories.jsonl')) {
 *   if ('history' in line) console.log(line.number, line.history); // 1 ['296', '318']
 *   else console.error(line.number, line.reason);
 * }
 */
export async function* readHistories(
  source: string | Readable,
  options: ReadHistoriesOptions = {},
): AsyncGenerator<HistoryLine, void, undefined> {
  yield* (await import('./node.js')).readHistories(source, options);
}
