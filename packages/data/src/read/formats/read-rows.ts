import { DataError } from '../../errors.js';
import { forEachLine } from '../../files/lines.js';
import { adviceOnColumns } from '../../table/interactions.js';
import { shownValue } from '../../table/shown-value.js';
import { placesOfColumns, type WantedColumns } from '../column-names.js';
import { isRoundedInteger, roundedInteger } from '../rounded-integer.js';
import type { Row, RowSink } from '../row-sink.js';
import { watchUnusedTimes } from '../unused-times.js';
import { parseExactJson } from './exact-json.js';
import { elementsOf } from './json-array.js';
import { parsePythonLiteral } from './python-literal.js';

/**
 * Returns a function that adds the interactions in rows. The fields are found in the first row. Ids may be strings, numbers or bigints. Times may be
 * what `TimeReader` reads.
 */
export const rowTaker = (name: string, sink: RowSink, wanted: WantedColumns): ((row: Row, number: number) => void) => {
  let keys: { user: string; item: string; timestamp: string | undefined; rating: string | undefined } | undefined;
  return (row, number) => {
    if (keys === undefined) {
      const fields = Object.keys(row);
      const places = placesOfColumns(`${name}:${number}: the row`, fields, wanted);
      const { user, item, timestamp, rating } = places;
      sink.unused = watchUnusedTimes(name, { fields, places, wanted });
      if (timestamp >= 0) sink.times.column ??= fields[timestamp];
      keys = { user: fields[user], item: fields[item], timestamp: fields[timestamp], rating: fields[rating] };
    }
    const [user, item] = [idOf(row[keys.user]), idOf(row[keys.item])];
    if (user === undefined || item === undefined) {
      const key = user === undefined ? keys.user : keys.item;
      sink.reject(number, notId(key, row[key]), 'columns');
      return;
    }
    const { times } = sink;
    const problem = keys.timestamp === undefined ? undefined : times.read(row[keys.timestamp]);
    const rating = keys.rating === undefined ? undefined : numberOf(row[keys.rating]);
    if (problem !== undefined)
      sink.reject(number, `timestamp ${shownValue(row[keys.timestamp!])} (column "${keys.timestamp}") ${problem}`);
    else if (Number.isNaN(rating))
      sink.reject(
        number,
        `rating ${shownValue(row[keys.rating!])} is not a number (column "${keys.rating}")`,
        'columns',
      );
    else if (keys.timestamp === undefined) {
      sink.unused?.see(Object.values(row));
      sink.builder.add(user, item, { rating });
    } else sink.builder.add(user, item, { timestamp: times.time, rest: times.rest, rating });
  };
};

const notId = (key: string, value: unknown): string => {
  if (isRoundedInteger(value)) return roundedInteger(key, value);
  const advice = value instanceof Uint8Array ? '; write such ids as UUIDs, or in hexadecimal' : '';
  return `${key} is ${shownValue(value)}, not an id${advice}`;
};

const idOf = (value: unknown): string | number | undefined => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) && !isRoundedInteger(value) ? value : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Returns a number, which may be written as text, or NaN. */
const numberOf = (value: unknown): number => {
  const isNumeric =
    typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && value.trim() !== '');
  const number = isNumeric ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : Number.NaN;
};

/** Reads interactions from rows, which are numbered from 1. */
export const readRows = async (
  name: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  sink: RowSink,
  wanted: WantedColumns,
): Promise<void> => {
  const take = rowTaker(name, sink, wanted);
  let number = 0;
  for await (const row of rows) {
    number += 1;
    if (typeof row === 'object' && row !== null) take(row, number);
    else sink.reject(number, `is ${shownValue(row)}, not an object with a field per column`, 'format');
  }
};

/** How a row is written in a line. */
interface ObjectNotation {
  parse(line: string): unknown;
  /** Name of a row in this notation, for errors. */
  readonly object: string;
}

export const json: ObjectNotation = { parse: parseExactJson, object: 'a JSON object' };
export const pythonLiteral: ObjectNotation = { parse: parsePythonLiteral, object: 'a Python dict' };

/** Returns a function that adds the interaction in the text of an object. */
const objectTaker = (
  name: string,
  sink: RowSink,
  { wanted, notation }: { wanted: WantedColumns; notation: ObjectNotation },
): ((text: string, number: number) => void) => {
  const take = rowTaker(name, sink, wanted);
  return (text, number) => {
    let row: unknown;
    try {
      row = notation.parse(text);
    } catch (error) {
      if (number === 1 && /[[{,]\s*$/.test(text)) throw notRows(name, 'an object over several lines');
      sink.reject(number, `is not ${notation.object}: ${(error as Error).message}`, 'format');
      return;
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      sink.reject(number, `is not ${notation.object}`, 'format');
    else if (number > 1) take(row as Row, number);
    else takeFirst(row as Row);
  };
  function takeFirst(row: Row): void {
    try {
      take(row, 1);
    } catch (error) {
      const isMissing = error instanceof DataError && error.advice === adviceOnColumns;
      const key = isMissing ? Object.keys(row).find((key) => isListOfObjects(row[key])) : undefined;
      throw key === undefined ? error : notRows(name, `an object with a list of objects in ${JSON.stringify(key)}`);
    }
  }
};

const isListOfObjects = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null;

const notRows = (name: string, what: string): DataError =>
  new DataError(
    'bad-data',
    `${name}:1: is ${what}; write the rows as JSON lines, an object each, or as one JSON array`,
  );

/** Reads interactions from lines with one object each. Empty lines are skipped. */
export const readObjectLines = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  options: { wanted: WantedColumns; notation: ObjectNotation },
): Promise<void> => forEachLine(name, chunks, objectTaker(name, sink, options));

/** Reads interactions from a JSON array of objects, which are numbered from 1. */
export const readJsonArray = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  wanted: WantedColumns,
): Promise<void> => {
  const take = objectTaker(name, sink, { wanted, notation: json });
  let number = 0;
  for await (const elements of elementsOf(name, chunks)) for (const element of elements) take(element, ++number);
};
