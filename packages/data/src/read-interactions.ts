import type { Readable } from 'node:stream';
import { DataError } from './errors.js';
import { type InteractionColumns, type Interactions, InteractionsBuilder } from './interactions.js';
import { readDelimited } from './read-delimited.js';
import { fieldsByMark, fieldsByWhitespace, readLines } from './read-lines.js';

/**
 * - `text`: lines `user item` or `user item timestamp`, separated by spaces or tabs, without a header.
 * - `csv`, `tsv`: with a header; quoted fields as in RFC 4180.
 * - `movielens`: lines `user::item::rating::timestamp`, without a header.
 */
export type InteractionFormat = 'text' | 'csv' | 'tsv' | 'movielens';

export interface ReadInteractionsOptions {
  /** Default: told from the first line. */
  format?: InteractionFormat;
  /** For `csv` and `tsv`: the header's names for user, item and timestamp. Default: common names such as userId, movieId, time. */
  columns?: InteractionColumns;
  /** What to do with a line that cannot be used: fail (`throw`, the default), or leave it out and count it in `skipped`. */
  onError?: 'throw' | 'skip';
}

/** Where rows go, and how a line that cannot be used is dealt with. */
export interface RowSink {
  readonly builder: InteractionsBuilder;
  /** Deals with a bad line, numbered from 1. */
  reject(line: number, reason: string): void;
}

/**
 * Returns the interactions in a file or stream of bytes: plain or gzip, read in pieces, so that memory follows the result and not the
 * text. Ids stay strings just as they are written.
 *
 * @param source a path, or a Readable of bytes.
 * @throws {DataError} naming the file, the line and the value, on a line that cannot be used, a missing column, invalid UTF-8, a
 *   damaged gzip, an empty file, or a file that cannot be read.
 */
export const readInteractions = async (
  source: string | Readable,
  { format, columns, onError = 'throw' }: ReadInteractionsOptions = {},
): Promise<Interactions> => {
  if (onError !== 'throw' && onError !== 'skip')
    throw new DataError(`readInteractions: onError must be throw or skip, got ${String(onError)}`);
  const name = typeof source === 'string' ? source : 'input';
  const { openText } = await import('./open-text.js');
  const { firstLine, chunks } = await openText(name, source);
  const chosen = format ?? sniffFormat(name, firstLine, columns);
  const builder = new InteractionsBuilder();
  const sink: RowSink = {
    builder,
    reject: (line, reason) => {
      if (onError === 'throw')
        throw new DataError(`${name}:${line}: ${reason}. Use onError: 'skip' to skip such lines.`);
      builder.skipped += 1;
    },
  };
  const readers: Record<InteractionFormat, () => Promise<void>> = {
    text: () => readLines(chunks, sink, fieldsByWhitespace),
    movielens: () => readLines(chunks, sink, fieldsByMark('::', { item: 1, timestamp: 3 })),
    csv: () => readDelimited(name, chunks, sink, { delimiter: ',', columns }),
    tsv: () => readDelimited(name, chunks, sink, { delimiter: '\t', columns }),
  };
  if (!(chosen in readers)) {
    throw new DataError(
      `readInteractions: format must be one of ${Object.keys(readers).join(', ')}, got ${String(chosen)}`,
    );
  }
  await readers[chosen]();
  const interactions = builder.build();
  if (interactions.size === 0)
    throw new DataError(
      `${name}: holds no interactions${builder.skipped > 0 ? ` (${builder.skipped} lines skipped)` : ''}`,
    );
  return interactions;
};

const sniffFormat = (name: string, firstLine: string, columns: InteractionColumns | undefined): InteractionFormat => {
  if (firstLine.trim() === '') throw new DataError(`${name}: is empty`);
  if (firstLine.includes('::')) return 'movielens';
  const fields = firstLine.split('\t').map((field) => field.replace(/^"(.*)"$/, '$1'));
  const isHeader =
    columns === undefined
      ? !fields.slice(1).every((field) => Number.isFinite(Number(field)))
      : fields.includes(columns.user);
  if (fields.length > 1 && isHeader && !firstLine.includes(' ')) return 'tsv';
  if (firstLine.includes(',')) return 'csv';
  if (columns !== undefined) return 'csv';
  return 'text';
};
