import { DataError } from '../../errors.js';
import { assertLineLength, longestLine } from '../../files/lines.js';
import { rejoin } from '../../files/peek.js';
import { type Places, placesOfColumns, type WantedColumns } from '../column-names.js';
import type { RowSink } from '../row-sink.js';
import { watchUnusedTimes } from '../unused-times.js';
import { takeRecord } from './take-record.js';

interface DelimitedOptions {
  delimiter: string;
  wanted: WantedColumns;
  /**
   * What the first record is: names of columns (`names`, the default); names and types, as in `user_id:token` of RecBole (`typed-names`); or data
   * (`none`), whose columns are called 1, 2 and so on.
   */
  header?: 'names' | 'typed-names' | 'none';
}

/** Delimiters of CSV, the most common one first. */
const delimiters = [',', ';', '|'];

/**
 * Returns the delimiter of CSV by its header: the one by which the header has the wanted columns, or else the one that it has most of.
 * @param header the first line.
 */
export const delimiterOf = (header: string, wanted: WantedColumns): string => {
  const found = delimiters.find((delimiter) => hasColumns(header, delimiter, wanted));
  if (found !== undefined) return found;
  const unquoted = header.replace(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => unquoted.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))];
};

/** Returns whether a header has the wanted columns if it is split by a delimiter. */
export const hasColumns = (header: string, delimiter: string, wanted: WantedColumns): boolean => {
  try {
    const fields = header.split(delimiter).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
    placesOfColumns('', fields, wanted);
    return true;
  } catch {
    return false;
  }
};

/** Takes a record and the number of its line. */
type TakeRecord = (record: string[], line: number) => void;

/** Reads interactions from delimited text. */
export const readDelimited = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  { delimiter, wanted, header = 'names' }: DelimitedOptions,
): Promise<void> => {
  let places: Places | undefined;
  const take: TakeRecord = (record, line) => {
    if (places === undefined) {
      const names = header === 'none' ? record.map((_, i) => String(i + 1)) : record;
      const plain = header === 'typed-names' ? names.map((field) => field.replace(/:[^:]*$/, '')) : names;
      places = placesOfColumns(`${name}:1: the header`, plain, wanted);
      sink.unused = watchUnusedTimes(name, { fields: plain, places, wanted });
      const { timestamp } = places;
      if (timestamp >= 0) sink.times.column ??= header === 'none' ? `column ${plain[timestamp]}` : plain[timestamp];
      if (header !== 'none') return;
    }
    const decimal = record[places.rating];
    if (delimiter !== ',' && decimal !== undefined && /^\s*[+-]?\d+,\d+\s*$/.test(decimal))
      sink.reject(
        line,
        `rating ${JSON.stringify(decimal)} has a decimal comma (column ${places.rating + 1}); write it with a point`,
      );
    else takeRecord(record, line, places, sink);
  };
  await forEachRecord(name, chunks, { delimiter, take });
};

/** Calls `take` with the fields and the line of each record of delimited text, the header included. */
export const forEachRecord = async (
  name: string,
  chunks: AsyncIterable<string>,
  options: { delimiter: string; take: TakeRecord },
): Promise<void> => {
  const unread = await readUnquoted(name, chunks, options);
  if (unread !== undefined) await readQuoted(name, unread, options);
};

/** The rest of a text, from the beginning of a line. */
interface Unread {
  readonly chunks: AsyncIterable<string>;
  /** Number of lines before it. */
  readonly lines: number;
  /** The line break of the text, if there has been one. */
  readonly lineBreak: string | undefined;
}

/**
 * Reads records up to the first piece of text with a quote, several times as fast as csv-parse, and returns the rest. All lines must end as the first
 * one does; csv-parse has the same rule.
 */
const readUnquoted = async (
  name: string,
  chunks: AsyncIterable<string>,
  { delimiter, take }: { delimiter: string; take: TakeRecord },
): Promise<Unread | undefined> => {
  const iterator = chunks[Symbol.asyncIterator]();
  let lines = 0;
  let lineBreak: string | undefined;
  /** Pieces of the current line. They are joined once, so that long lines take linear time. */
  let pieces: string[] = [];
  let length = 0;
  for (;;) {
    const { done, value = '' } = await iterator.next();
    if (value.includes('"')) return { chunks: rejoin([pieces.join('') + value], iterator), lines, lineBreak };
    const mayEndLine =
      lineBreak === undefined
        ? /[\r\n]/.test(value) || pieces.at(-1)?.endsWith('\r')
        : value.includes(lineBreak.at(-1)!);
    pieces.push(value);
    length += value.length;
    if (!mayEndLine && !done) {
      assertLineLength(name, length);
      continue;
    }
    const text = pieces.join('');
    // A \r at the end of a piece may be half of \r\n.
    lineBreak ??= (done ? /\r?\n|\r/ : /\r?\n|\r(?!$)/).exec(text)?.[0];
    const takeLine = (start: number, end: number) => {
      lines += 1;
      if (end > start) take(text.slice(start, end).split(delimiter), lines);
    };
    let start = 0;
    if (lineBreak !== undefined) {
      for (let end = text.indexOf(lineBreak); end >= 0; end = text.indexOf(lineBreak, start)) {
        takeLine(start, end);
        start = end + lineBreak.length;
      }
    }
    if (done) {
      takeLine(start, text.length);
      return undefined;
    }
    pieces = [text.slice(start)];
    length = text.length - start;
    assertLineLength(name, length);
  }
};

/** Reads records with quoted fields. */
const readQuoted = async (
  name: string,
  { chunks, lines, lineBreak }: Unread,
  { delimiter, take }: { delimiter: string; take: TakeRecord },
): Promise<void> => {
  const [{ parse }, { Readable }] = await Promise.all([import('csv-parse'), import('node:stream')]);
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // A quote within a text, such as 24" of a monitor, is a character of it.
    relax_quotes: true,
    max_record_size: longestLine,
    ...(lineBreak !== undefined && { record_delimiter: lineBreak }),
  });
  const source = Readable.from(chunks);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      take(record, lines + info.lines);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if ((cause as { code?: string }).code === 'CSV_MAX_RECORD_SIZE') assertLineLength(name, longestLine + 1);
    const message = (cause as Error).message.replace(/at line (\d+)/, (_, line) => `at line ${lines + Number(line)}`);
    throw new DataError('bad-data', `${name}: ${message}`, { cause });
  }
};
