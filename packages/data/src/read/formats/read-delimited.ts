import { DataError } from '../../errors.js';
import { assertLineLength, longestLine } from '../../files/lines.js';
import { rejoin } from '../../files/peek.js';
import { type Places, placesOfColumns, type WantedColumns } from '../column-names.js';
import type { RowSink } from '../row-sink.js';
import { takeRecord } from './take-record.js';

interface DelimitedOptions {
  delimiter: string;
  wanted: WantedColumns;
  /**
   * The first record: names of columns; names with types behind a colon, as RecBole writes them; or data already, whose columns are called
   * 1, 2, and so on. Default `names`.
   */
  header?: 'names' | 'typed-names' | 'none';
}

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
      if (header !== 'none') return;
    }
    takeRecord(record, line, places, sink);
  };
  const unread = await readUnquoted(name, chunks, { delimiter, take });
  if (unread !== undefined) await readQuoted(name, unread, { delimiter, take });
};

/** What is left of a text from the beginning of a line on. */
interface Unread {
  readonly chunks: AsyncIterable<string>;
  /** How many lines came before. */
  readonly lines: number;
  /** How lines end, where there was one. */
  readonly ending: string | undefined;
}

/**
 * Reads records up to the first piece of text with a quote, several times as fast as csv-parse; returns what is left then. Lines end as
 * the first one does, which is csv-parse's rule, too.
 */
const readUnquoted = async (
  name: string,
  chunks: AsyncIterable<string>,
  { delimiter, take }: { delimiter: string; take: TakeRecord },
): Promise<Unread | undefined> => {
  const iterator = chunks[Symbol.asyncIterator]();
  let lines = 0;
  let ending: string | undefined;
  /** The beginning of a line that has not ended, as it came: a long line is put together once. */
  let pieces: string[] = [];
  let length = 0;
  for (;;) {
    const { done, value = '' } = await iterator.next();
    if (value.includes('"')) return { chunks: rejoin([pieces.join('') + value], iterator), lines, ending };
    const mayEndLine =
      ending === undefined ? /[\r\n]/.test(value) || pieces.at(-1)?.endsWith('\r') : value.includes(ending.at(-1)!);
    pieces.push(value);
    length += value.length;
    if (!mayEndLine && !done) {
      assertLineLength(name, length);
      continue;
    }
    const text = pieces.join('');
    // A \r at the end of a piece may be half of \r\n.
    ending ??= (done ? /\r?\n|\r/ : /\r?\n|\r(?!$)/).exec(text)?.[0];
    const takeLine = (start: number, end: number) => {
      lines += 1;
      if (end > start) take(text.slice(start, end).split(delimiter), lines);
    };
    let start = 0;
    if (ending !== undefined) {
      for (let end = text.indexOf(ending); end >= 0; end = text.indexOf(ending, start)) {
        takeLine(start, end);
        start = end + ending.length;
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
  { chunks, lines, ending }: Unread,
  { delimiter, take }: { delimiter: string; take: TakeRecord },
): Promise<void> => {
  const [{ parse }, { Readable }] = await Promise.all([import('csv-parse'), import('node:stream')]);
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestLine,
    ...(ending !== undefined && { record_delimiter: ending }),
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
