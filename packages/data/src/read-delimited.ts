import { placesOfColumns } from './column-names.js';
import { DataError } from './errors.js';
import type { InteractionColumns } from './interactions.js';
import type { RowSink } from './read-interactions.js';

interface DelimitedOptions {
  delimiter: string;
  columns: InteractionColumns | undefined;
  /**
   * The first record: names of columns; names with types behind a colon, as RecBole writes them; or data already, whose columns are called
   * 1, 2, and so on. Default `names`.
   */
  header?: 'names' | 'typed-names' | 'none';
}

/** Reads interactions from delimited text. */
export const readDelimited = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  { delimiter, columns, header = 'names' }: DelimitedOptions,
): Promise<void> => {
  const [{ parse }, { Readable }] = await Promise.all([import('csv-parse'), import('node:stream')]);
  const parser = parse({ delimiter, info: true, relax_column_count: true, skip_empty_lines: true });
  const source = Readable.from(chunks);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let places: Places | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (places === undefined) {
        const names = header === 'none' ? record.map((_, i) => String(i + 1)) : record;
        const plain = header === 'typed-names' ? names.map((field) => field.replace(/:[^:]*$/, '')) : names;
        const found = placesOfColumns(`${name}:1: the header`, plain, columns);
        places = { ...found, needed: 1 + Math.max(...Object.values(found)) };
        if (header !== 'none') continue;
      }
      takeRecord(record, info.lines, places, sink);
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`${name}: ${(cause as Error).message}`, { cause });
  }
};

/** Where user, item and timestamp stand in a record; the timestamp may be absent. */
interface Places {
  user: number;
  item: number;
  timestamp: number;
  needed: number;
}

const takeRecord = (record: string[], line: number, { user, item, timestamp, needed }: Places, sink: RowSink): void => {
  if (record.length < needed) {
    sink.reject(line, `has ${record.length} fields, expected at least ${needed}`);
    return;
  }
  const [userId, itemId, time] = [record[user]!, record[item]!, record[timestamp]];
  if (userId === '' || itemId === '') {
    sink.reject(line, `${userId === '' ? 'user' : 'item'} is empty (column ${(userId === '' ? user : item) + 1})`);
    return;
  }
  if (timestamp < 0) sink.builder.add(userId, itemId);
  else if (time !== '' && Number.isFinite(Number(time))) sink.builder.add(userId, itemId, Number(time));
  else sink.reject(line, `timestamp ${JSON.stringify(time)} is not a number (column ${timestamp + 1})`);
};
