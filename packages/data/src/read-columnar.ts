import { fromArrow } from 'arquero';
import type { AsyncBuffer } from 'hyparquet';
import { placesOfColumns, type WantedColumns } from './column-names.js';
import { DataError } from './errors.js';
import type { InteractionColumns } from './interactions.js';
import type { RowSink } from './read-interactions.js';
import { type Row, rowTaker } from './read-rows.js';

/** Reads interactions from a Parquet file, a row group at a time and only the columns that are needed. */
export const readParquet = async (
  name: string,
  file: AsyncBuffer,
  sink: RowSink,
  wanted: WantedColumns,
): Promise<void> => {
  const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const damaged = (cause: Error) => {
    throw new DataError(`${name}: is a damaged or cut-off Parquet file (${cause.message})`, { cause });
  };
  const metadata = await parquetMetadataAsync(file).catch(damaged);
  const fields = parquetSchema(metadata).children.map(({ element }) => element.name);
  const chosen = columnsOf(name, fields, wanted);
  const take = rowTaker(name, sink, { columns: chosen, ratings: wanted.ratings });
  let done = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = done + Number(num_rows);
    const group = { file, metadata, compressors, columns: Object.values(chosen), rowStart: done, rowEnd };
    for (const row of await parquetReadObjects(group).catch(damaged)) {
      done += 1;
      take(row as Row, done);
    }
  }
};

/** Reads interactions from Arrow's IPC format, file or stream. */
export const readArrow = (name: string, bytes: Uint8Array, sink: RowSink, wanted: WantedColumns): void => {
  let table: ReturnType<typeof fromArrow>;
  try {
    table = fromArrow(bytes);
  } catch (cause) {
    throw new DataError(`${name}: is a damaged or cut-off Arrow file (${(cause as Error).message})`, { cause });
  }
  const chosen = columnsOf(name, table.columnNames(), wanted);
  const take = rowTaker(name, sink, { columns: chosen, ratings: wanted.ratings });
  const values = Object.values(chosen).map((column) => [column, table.column(column)!] as const);
  for (let row = 0; row < table.numRows(); row++)
    take(Object.fromEntries(values.map(([column, own]) => [column, own.at(row)])), row + 1);
};

/** Returns the names of the columns that are wanted among the fields of a table. */
const columnsOf = (name: string, fields: readonly string[], wanted: WantedColumns): InteractionColumns => {
  const { user, item, timestamp, rating } = placesOfColumns(`${name}: the table`, fields, wanted);
  return {
    user: fields[user]!,
    item: fields[item]!,
    ...(timestamp >= 0 && { timestamp: fields[timestamp]! }),
    ...(rating >= 0 && { rating: fields[rating]! }),
  };
};
