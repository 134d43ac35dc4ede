import { DataError } from '../../errors.js';
import { forEachLine } from '../../files/lines.js';
import type { Places } from '../column-names.js';
import type { RowSink } from '../row-sink.js';
import { takeRecord } from './take-record.js';

/** How lines without a header are split into fields. */
interface LineLayout {
  split(line: string): string[];
  /** The indices of the fields, by the number of fields of the first line. */
  readonly places: Readonly<Record<number, Places>>;
  /** The expected form of a line, for errors. */
  readonly expected: string;
}

/** `user item`, `user item timestamp` or `user item rating timestamp`, separated by spaces or tabs. */
export const byWhitespace: LineLayout = {
  split: (line) => {
    const fields = line.split(/[ \t]+/);
    // Not `line.trim()`, which would also take a no-break space or a byte-order mark off an id.
    if (fields[0] === '') fields.shift();
    if (fields.at(-1) === '') fields.pop();
    return fields;
  },
  places: {
    2: { user: 0, item: 1, timestamp: -1, rating: -1 },
    3: { user: 0, item: 1, timestamp: 2, rating: -1 },
    4: { user: 0, item: 1, timestamp: 3, rating: 2 },
  },
  expected: '"user item", "user item timestamp" or "user item rating timestamp"',
};

/** MovieLens: `user::item::rating::timestamp`. */
export const byDoubleColon: LineLayout = {
  split: (line) => line.split('::'),
  places: { 4: { user: 0, item: 1, timestamp: 3, rating: 2 } },
  expected: '"user::item::rating::timestamp"',
};

/**
 * Reads interactions from lines without a header.
 * @throws {DataError} when ratings are wanted, but the lines do not have them.
 */
export const readLines = async (
  name: string,
  chunks: AsyncIterable<string>,
  sink: RowSink,
  { layout, ratings, times }: { layout: LineLayout; ratings: boolean; times: boolean },
): Promise<void> => {
  let fields = 0;
  let places: Places | undefined;
  await forEachLine(name, chunks, (line, number) => {
    const record = layout.split(line);
    if (places === undefined && record.length in layout.places) {
      fields = record.length;
      places = layout.places[fields];
      if (!times) places = { ...places, timestamp: -1 };
      if (places.timestamp >= 0) sink.times.column ??= `column ${places.timestamp + 1}`;
      if (!ratings) places = { ...places, rating: -1 };
      else if (places.rating < 0)
        throw new DataError(
          'bad-data',
          `${name}:${number}: has ${fields} fields and therefore no rating, expected ${layout.expected}`,
        );
    }
    if (places === undefined || record.length !== fields)
      sink.reject(
        number,
        `has ${record.length} fields, expected ${places === undefined ? layout.expected : fields}`,
        'format',
      );
    else takeRecord(record, number, places, sink);
  });
};
