import { placesOfColumns } from './column-names.js';
import type { InteractionColumns } from './interactions.js';
import type { RowSink } from './read-interactions.js';
import { forEachLine } from './read-lines.js';

/** A row as a database cursor or a JSON line gives it: an object by column. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Returns a function that takes rows apart. Which fields they are is told from the first row; ids may be strings, numbers and bigints, times
 * numbers, bigints, Dates and numbers as text.
 */
export const rowTaker = (
  name: string,
  sink: RowSink,
  columns: InteractionColumns | undefined,
): ((row: Row, number: number) => void) => {
  let keys: { user: string; item: string; timestamp: string | undefined } | undefined;
  return (row, number) => {
    if (keys === undefined) {
      const fields = Object.keys(row);
      const { user, item, timestamp } = placesOfColumns(`${name}:${number}: the row`, fields, columns);
      keys = { user: fields[user]!, item: fields[item]!, timestamp: fields[timestamp] };
    }
    const [user, item] = [idOf(row[keys.user]), idOf(row[keys.item])];
    if (user === undefined || item === undefined) {
      const key = user === undefined ? keys.user : keys.item;
      sink.reject(number, `${key} is ${JSON.stringify(row[key]) ?? 'missing'}, not an id`);
      return;
    }
    if (keys.timestamp === undefined) {
      sink.builder.add(user, item);
      return;
    }
    const time = timeOf(row[keys.timestamp]);
    if (time === undefined) {
      const given = JSON.stringify(row[keys.timestamp]) ?? 'missing';
      sink.reject(number, `timestamp ${given} is not a number (column "${keys.timestamp}")`);
    } else sink.builder.add(user, item, time);
  };
};

const idOf = (value: unknown): string | number | undefined => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const timeOf = (value: unknown): number | undefined => {
  const time =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && value.trim() !== '')
        ? Number(value)
        : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
};

/** Reads interactions from rows, which are numbered from 1. */
export const readRows = async (
  name: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  sink: RowSink,
  columns: InteractionColumns | undefined,
): Promise<void> => {
  const take = rowTaker(name, sink, columns);
  let number = 0;
  for await (const row of rows) {
    number += 1;
    if (typeof row === 'object' && row !== null) take(row, number);
    else sink.reject(number, `is ${JSON.stringify(row) ?? String(row)}, not an object by column`);
  }
};

/** Reads interactions from JSON lines: an object a line; empty lines are passed over. */
export const readJsonLines = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  columns: InteractionColumns | undefined,
): Promise<void> => {
  const take = rowTaker(name, sink, columns);
  await forEachLine(chunks, (line, number) => {
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      sink.reject(number, `is not JSON: ${(error as Error).message}`);
      return;
    }
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) take(row as Row, number);
    else sink.reject(number, 'is not a JSON object');
  });
};
