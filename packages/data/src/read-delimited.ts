import { DataError } from './errors.js';
import type { InteractionColumns } from './interactions.js';
import type { RowSink } from './read-interactions.js';

/** Header names that are understood without a mapping, compared without case, `_` and `-`. */
const commonNames: Readonly<Record<keyof InteractionColumns, readonly string[]>> = {
  user: ['user', 'userid', 'uid', 'reviewerid', 'customerid', 'visitorid', 'sessionid'],
  item: ['item', 'itemid', 'iid', 'movieid', 'productid', 'asin', 'parentasin', 'trackid', 'businessid'],
  timestamp: ['timestamp', 'time', 'unixreviewtime', 'datetime'],
};

interface DelimitedOptions {
  delimiter: string;
  columns: InteractionColumns | undefined;
}

/** Reads interactions from delimited text with a header. */
export const readDelimited = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  { delimiter, columns }: DelimitedOptions,
): Promise<void> => {
  const [{ parse }, { Readable }] = await Promise.all([import('csv-parse'), import('node:stream')]);
  const parser = parse({ delimiter, info: true, relax_column_count: true, skip_empty_lines: true });
  const source = Readable.from(chunks);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let places: Places | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (places === undefined) places = placesOf(name, record, columns);
      else takeRecord(record, info.lines, places, sink);
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

const placesOf = (name: string, header: string[], columns: InteractionColumns | undefined): Places => {
  const plain = header.map((field) => field.toLowerCase().replace(/[_\-\s]/g, ''));
  const placeOf = (role: keyof InteractionColumns): number => {
    const wanted = columns?.[role];
    const place =
      columns === undefined
        ? plain.findIndex((field) => commonNames[role].includes(field))
        : wanted === undefined
          ? -1
          : header.indexOf(wanted);
    if (place < 0 && (wanted !== undefined || role !== 'timestamp')) {
      const what = wanted === undefined ? `no column that looks like the ${role}` : `no column "${wanted}"`;
      throw new DataError(
        `${name}:1: the header has ${what}; it has ${header.map((field) => `"${field}"`).join(', ')}. Name yours with columns.`,
      );
    }
    return place;
  };
  const [user, item, timestamp] = [placeOf('user'), placeOf('item'), placeOf('timestamp')];
  return { user, item, timestamp, needed: 1 + Math.max(user, item, timestamp) };
};
