import { shownValue } from '../../table/shown-value.js';
import type { Places } from '../column-names.js';
import type { RowSink } from '../row-sink.js';

/** Adds the interaction in the fields of a line, or rejects the line. */
export const takeRecord = (record: readonly string[], line: number, places: Places, sink: RowSink): void => {
  const { user, item, timestamp, rating } = places;
  const needed = 1 + Math.max(user, item, timestamp, rating);
  if (record.length < needed) {
    sink.reject(line, `has ${record.length} fields, expected at least ${needed}`, 'format');
    return;
  }
  const [userId, itemId] = [record[user], record[item]];
  if (userId === '' || itemId === '') {
    sink.reject(
      line,
      `${userId === '' ? 'user' : 'item'} is empty (column ${(userId === '' ? user : item) + 1})`,
      'columns',
    );
    return;
  }
  const { times } = sink;
  const problem = timestamp < 0 ? undefined : times.read(record[timestamp]);
  const stars = numberAt(record, rating);
  if (problem !== undefined)
    sink.reject(line, `timestamp ${shownValue(record[timestamp])} (column ${timestamp + 1}) ${problem}`);
  else if (Number.isNaN(stars))
    sink.reject(line, `rating ${shownValue(record[rating])} is not a number (column ${rating + 1})`, 'columns');
  else if (timestamp < 0) {
    sink.unused?.see(record);
    sink.builder.add(userId, itemId, { rating: stars });
  } else sink.builder.add(userId, itemId, { timestamp: times.time, rest: times.rest, rating: stars });
};

/** Returns the number at an index of a record: NaN if the field is not a number, undefined for the index -1. */
const numberAt = (record: readonly string[], place: number): number | undefined => {
  if (place < 0) return undefined;
  const number = record[place] === '' ? Number.NaN : Number(record[place]);
  return Number.isFinite(number) ? number : Number.NaN;
};
