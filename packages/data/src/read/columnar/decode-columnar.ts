import { DataError } from '../../errors.js';
import type { InteractionColumns } from '../../table/interactions.js';
import { placesOfColumns, type WantedColumns } from '../column-names.js';
import { exactReading, exactValues } from './exact-parquet.js';

/** A Parquet or Arrow file. */
export interface ColumnarFile {
  readonly name: string;
  readonly format: 'parquet' | 'arrow';
  /** Its path, or its bytes. */
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** Some interactions: a list of values per wanted column. */
export interface InteractionBlock {
  readonly columns: InteractionColumns;
  readonly values: readonly (readonly unknown[])[];
}

/** Some rows of a table of histories, with the columns that are used. */
export interface HistoryBlock {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Number of rows of the file up to the last row here. */
  readonly done: number;
  /** Number of rows of the file. */
  readonly total: number;
}

/** Rows per block, if the file does not tell. */
const blockRows = { interactions: 2 ** 15, histories: 2 ** 11 };

/** Yields the wanted columns of the interactions in a file. */
export const decodeInteractions = (file: ColumnarFile, wanted: WantedColumns): AsyncGenerator<InteractionBlock> =>
  file.format === 'arrow' ? decodeArrow(file, wanted) : decodeParquet(file, wanted);

/** Yields the rows of a Parquet file, a row group at a time. */
async function* decodeParquet(
  { name, content }: ColumnarFile,
  wanted: WantedColumns,
): AsyncGenerator<InteractionBlock, void, undefined> {
  const { parquetRead } = await import('hyparquet');
  const { fields, exact, ...open } = await openParquet(content);
  const { metadata } = open;
  const columns = columnsOf(name, fields, wanted);
  const names = Object.values(columns);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const values = names.map((): unknown[] => []);
    const onChunk = ({ columnName, columnData }: { columnName: string; columnData: ArrayLike<unknown> }) => {
      const column = values[names.indexOf(columnName)];
      const convert = exact.get(columnName);
      for (let i = 0; i < columnData.length; i++)
        column.push(convert === undefined ? columnData[i] : convert(columnData[i]));
    };
    await parquetRead({ ...open, columns: names, rowStart, rowEnd, onChunk });
    for (const { length } of values)
      if (length !== Number(num_rows)) throw new Error(`${length} rows instead of ${num_rows}`);
    yield { columns, values };
    rowStart = rowEnd;
  }
  if (rowStart !== Number(metadata.num_rows)) throw new Error(`${rowStart} rows instead of ${metadata.num_rows}`);
}

/** Yields the rows of Arrow's IPC format, file or stream. */
async function* decodeArrow(
  { name, content }: ColumnarFile,
  wanted: WantedColumns,
): AsyncGenerator<InteractionBlock, void, undefined> {
  const [{ tableFromIPC }, { exactExtraction, exactValues }] = await Promise.all([
    import('@uwdata/flechette'),
    import('./exact-arrow.js'),
  ]);
  const bytes = content as Uint8Array;
  const table = tableFromIPC(bytes, exactExtraction);
  const size = table.numRows;
  if (size > 8 * bytes.length) throw new Error(`${size} rows in ${bytes.length} bytes`);
  const { fields } = table.schema;
  const names = fields.map((field) => field.name);
  const columns = columnsOf(name, names, wanted);
  const stored = Object.values(columns).map((column) => {
    const place = names.indexOf(column);
    return exactValues(table.getChildAt(place), fields[place]);
  });
  for (let start = 0; start < size; start += blockRows.interactions) {
    const length = Math.min(blockRows.interactions, size - start);
    yield { columns, values: stored.map((column) => Array.from({ length }, () => column.next().value)) };
  }
}

/**
 * Yields the rows of a Parquet file of histories after the first `skip` rows. One row group is decoded at a time.
 * @throws {DataError} when the table has no column `history`.
 */
export async function* decodeHistories(
  { name, content }: ColumnarFile,
  skip: number,
): AsyncGenerator<HistoryBlock, void, undefined> {
  const { parquetReadObjects } = await import('hyparquet');
  const { fields, exact, ...open } = await openParquet(content);
  if (!fields.includes('history')) {
    const shown = fields.map((field) => JSON.stringify(field)).join(', ');
    throw new DataError('bad-data', `${name}: the table has no column "history"; it has ${shown}`);
  }
  const columns = fields.filter((field) => ['history', 'id', 'user'].includes(field));
  const total = Number(open.metadata.num_rows);
  let rowEnd = 0;
  for (const { num_rows } of open.metadata.row_groups) {
    const rowStart = Math.max(rowEnd, skip);
    rowEnd += Number(num_rows);
    if (rowStart >= rowEnd) continue;
    const rows = await parquetReadObjects({ ...open, columns, rowStart, rowEnd });
    if (rows.length !== rowEnd - rowStart) throw new Error(`${rows.length} rows instead of ${rowEnd - rowStart}`);
    for (const column of columns) {
      const convert = exact.get(column);
      if (convert !== undefined) for (const row of rows) row[column] = convert(row[column]);
    }
    for (let start = 0; start < rows.length; start += blockRows.histories) {
      const block = rows.slice(start, start + blockRows.histories);
      yield { rows: block, done: rowStart + start + block.length, total };
    }
  }
}

/** Opens a Parquet file. Also returns the names of its columns, and what makes the values of some of them exact. */
const openParquet = async (content: ColumnarFile['content']) => {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const file =
    typeof content === 'string'
      ? await asyncBufferFromFile(content)
      : {
          byteLength: content.byteLength,
          slice: (from: number, to?: number) => content.buffer.slice(from, to),
        };
  const metadata = await parquetMetadataAsync(file);
  const exact = new Map<string, (value: unknown) => unknown>();
  const { children } = parquetSchema(metadata);
  for (const column of children) {
    const convert = exactValues(column);
    if (convert !== undefined) exact.set(column.element.name, convert);
  }
  return {
    ...exactReading,
    file,
    metadata,
    compressors,
    fields: children.map(({ element }) => element.name),
    exact,
  };
};

/** Returns the names of the wanted columns among the fields of a table. */
const columnsOf = (name: string, fields: readonly string[], wanted: WantedColumns): InteractionColumns => {
  if (fields.some((field) => typeof field !== 'string')) throw new Error('a column has no name');
  const { user, item, timestamp, rating } = placesOfColumns(`${name}: the table`, fields, wanted);
  return {
    user: fields[user],
    item: fields[item],
    ...(timestamp >= 0 && { timestamp: fields[timestamp] }),
    ...(rating >= 0 && { rating: fields[rating] }),
  };
};

/** Returns an error of a decoder as a `DataError` that says what is wrong with the file. */
export const columnarError = ({ name, format }: ColumnarFile, cause: unknown): DataError => {
  if (cause instanceof DataError) return cause;
  const kind = format === 'parquet' ? 'a damaged or cut-off Parquet file' : 'a damaged or cut-off Arrow file';
  return new DataError('bad-data', `${name}: is ${kind} (${cause instanceof Error ? cause.message : String(cause)})`, {
    cause,
  });
};
