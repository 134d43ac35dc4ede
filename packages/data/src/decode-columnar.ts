import { placesOfColumns, type WantedColumns } from './column-names.js';
import { DataError } from './errors.js';
import type { InteractionColumns } from './interactions.js';

/** A Parquet or Arrow file, and what is wanted of it. */
export interface ColumnarFile {
  readonly name: string;
  readonly format: 'parquet' | 'arrow';
  /** Where it is, or what is in it. */
  readonly content: string | Uint8Array<ArrayBuffer>;
  readonly wanted: WantedColumns;
}

/** Some rows, as a list of values for each of the columns that are wanted. */
export interface ColumnarBlock {
  readonly columns: InteractionColumns;
  readonly values: readonly (readonly unknown[])[];
}

/** Rows of a block of Arrow. */
const blockRows = 2 ** 15;

/**
 * Yields the rows of a Parquet file, a row group at a time and only the columns that are wanted.
 * @throws {DataError} on a file that is damaged, as far as can be seen.
 */
export async function* decodeParquet({ name, content, wanted }: ColumnarFile): AsyncGenerator<ColumnarBlock> {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema }, { compressors }] =
    await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  const file =
    typeof content === 'string'
      ? await asyncBufferFromFile(content)
      : {
          byteLength: content.byteLength,
          slice: (from: number, to?: number) => content.buffer.slice(from, to),
        };
  const metadata = await parquetMetadataAsync(file);
  const fields = parquetSchema(metadata).children.map(({ element }) => element.name);
  const columns = columnsOf(name, fields, wanted);
  const names = Object.values(columns);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const values = names.map((): unknown[] => []);
    const onChunk = ({ columnName, columnData }: { columnName: string; columnData: ArrayLike<unknown> }) => {
      const column = values[names.indexOf(columnName)]!;
      for (let i = 0; i < columnData.length; i++) column.push(columnData[i]);
    };
    await parquetRead({ file, metadata, compressors, columns: names, rowStart, rowEnd, onChunk });
    for (const { length } of values)
      if (length !== Number(num_rows)) throw new Error(`${length} rows instead of ${num_rows}`);
    yield { columns, values };
    rowStart = rowEnd;
  }
  if (rowStart !== Number(metadata.num_rows)) throw new Error(`${rowStart} rows instead of ${metadata.num_rows}`);
}

/**
 * Yields the rows of Arrow's IPC format, file or stream.
 * @throws {DataError} on a file that is damaged, as far as can be seen.
 */
export async function* decodeArrow({ name, content, wanted }: ColumnarFile): AsyncGenerator<ColumnarBlock> {
  const { fromArrow } = await import('arquero');
  const bytes = content as Uint8Array;
  const table = fromArrow(bytes);
  const size = table.numRows();
  if (size > 8 * bytes.length) throw new Error(`${size} rows in ${bytes.length} bytes`);
  const columns = columnsOf(name, table.columnNames(), wanted);
  const stored = Object.values(columns).map((column) => table.column(column)!);
  for (let start = 0; start < size; start += blockRows) {
    const length = Math.min(blockRows, size - start);
    yield { columns, values: stored.map((column) => Array.from({ length }, (_, row) => column.at(start + row))) };
  }
}

/** Returns the names of the columns that are wanted among the fields of a table. */
const columnsOf = (name: string, fields: readonly string[], wanted: WantedColumns): InteractionColumns => {
  if (fields.some((field) => typeof field !== 'string')) throw new Error('a column has no name');
  const { user, item, timestamp, rating } = placesOfColumns(`${name}: the table`, fields, wanted);
  return {
    user: fields[user]!,
    item: fields[item]!,
    ...(timestamp >= 0 && { timestamp: fields[timestamp]! }),
    ...(rating >= 0 && { rating: fields[rating]! }),
  };
};

/** Returns an error of decoding as one that says what is wrong with the file. */
export const columnarError = ({ name, format }: ColumnarFile, cause: unknown): DataError => {
  if (cause instanceof DataError) return cause;
  const kind = format === 'parquet' ? 'a damaged or cut-off Parquet file' : 'a damaged or cut-off Arrow file';
  return new DataError(`${name}: is ${kind} (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
};
