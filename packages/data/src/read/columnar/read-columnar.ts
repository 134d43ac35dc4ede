import { Instant } from '../../times/index.js';
import type { WantedColumns } from '../column-names.js';
import { rowTaker } from '../formats/read-rows.js';
import type { RowSink } from '../row-sink.js';
import type { ColumnarFile } from './decode-columnar.js';
import { decodeInSubprocess } from './decode-in-subprocess.js';

/**
 * Reads interactions from a Parquet or Arrow file.
 * @throws {DataError} on a damaged file, a missing column, or a row that the sink refuses.
 */
export const readColumnar = async (file: ColumnarFile, sink: RowSink, wanted: WantedColumns): Promise<void> => {
  let take: ReturnType<typeof rowTaker> | undefined;
  let done = 0;
  for await (const { columns, hasInstants, values } of decodeInSubprocess(file, wanted)) {
    take ??= rowTaker(file.name, sink, { columns: { timestamp: false, ...columns }, ratings: wanted.ratings });
    const names = Object.values(columns);
    const instants = hasInstants ? names.indexOf(columns.timestamp!) : -1;
    const row: Record<string, unknown> = {};
    for (let i = 0; i < values[0].length; i++) {
      for (let column = 0; column < names.length; column++) {
        const value = values[column][i];
        row[names[column]] = column === instants && typeof value === 'bigint' ? new Instant(value) : value;
      }
      take(row, ++done);
    }
  }
};
