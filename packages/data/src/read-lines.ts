import type { RowSink } from './read-interactions.js';

/** The fields of a line that make an interaction; or what is wrong with the line. */
export type LineFields =
  | { user: string; item: string; timestamp?: string; timestampColumn?: number }
  | { reason: string };

/** Takes a line apart; `fields` is how many fields the first line had, where all lines must have as many. */
export type LineParser = (line: string, expected: { fields: number }) => LineFields;

/** Calls `take` with each line that is not empty and its number, from 1, in text that comes in pieces. */
export const forEachLine = async (
  chunks: AsyncIterable<string>,
  take: (line: string, number: number) => void,
): Promise<void> => {
  let number = 0;
  const takeLine = (line: string): void => {
    number += 1;
    if (line !== '' && line.trim() !== '') take(line, number);
  };
  let rest = '';
  for await (const chunk of chunks) {
    const text = rest + chunk;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      takeLine(text.slice(start, text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end));
      start = end + 1;
    }
    rest = text.slice(start);
  }
  if (rest !== '') takeLine(rest);
};

/** Reads interactions from lines without a header. */
export const readLines = async (chunks: AsyncIterable<string>, sink: RowSink, parse: LineParser): Promise<void> => {
  const expected = { fields: 0 };
  await forEachLine(chunks, (line, number) => {
    const row = parse(line, expected);
    if ('reason' in row) {
      sink.reject(number, row.reason);
      return;
    }
    if (row.timestamp === undefined) sink.builder.add(row.user, row.item);
    else {
      const time = Number(row.timestamp);
      if (Number.isFinite(time) && row.timestamp !== '') sink.builder.add(row.user, row.item, time);
      else
        sink.reject(
          number,
          `timestamp ${JSON.stringify(row.timestamp)} is not a number (column ${row.timestampColumn})`,
        );
    }
  });
};

/** Takes `user item` or `user item timestamp` apart at spaces and tabs. */
export const fieldsByWhitespace: LineParser = (line, expected) => {
  const fields = line.trim().split(/[ \t]+/);
  if (expected.fields === 0 && (fields.length === 2 || fields.length === 3)) expected.fields = fields.length;
  if (fields.length !== expected.fields) {
    return {
      reason: `has ${fields.length} fields, expected ${expected.fields === 0 ? '"user item" or "user item timestamp"' : expected.fields}`,
    };
  }
  const [user, item, timestamp] = fields as [string, string, string?];
  return timestamp === undefined ? { user, item } : { user, item, timestamp, timestampColumn: 3 };
};

/** Returns a parser of lines with the user first and a mark between fields. */
export const fieldsByMark =
  (mark: string, places: { item: number; timestamp: number }): LineParser =>
  (line) => {
    const fields = line.split(mark);
    if (fields.length !== places.timestamp + 1) {
      return { reason: `has ${fields.length} fields between "${mark}", expected ${places.timestamp + 1}` };
    }
    const [user, item, timestamp] = [fields[0]!, fields[places.item]!, fields[places.timestamp]!];
    if (user === '' || item === '') return { reason: 'has an empty user or item' };
    return { user, item, timestamp, timestampColumn: places.timestamp + 1 };
  };
