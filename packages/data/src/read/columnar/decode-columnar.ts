import type { SchemaElement } from 'hyparquet';
import { DataError } from '../../errors.js';
import { unusedTimes } from '../../table/unordered.js';
import { leftovers, placesOfColumns, type WantedColumns } from '../column-names.js';
import { exactReading, exactValues } from './exact-parquet.js';
import { type BlockColumn, packColumn } from './pack-column.js';
import { parquetColumn } from './parquet-column.js';

/** A Parquet or Arrow file. */
export interface ColumnarFile {
  readonly name: string;
  readonly format: 'parquet' | 'arrow';
  /** Its path, or its bytes. */
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** Names of the columns that are read. */
export interface ColumnNames {
  readonly user: string;
  readonly item: string;
  readonly timestamp?: string;
  readonly rating?: string;
}

/** Some interactions: a list of values per wanted column. */
export interface InteractionBlock {
  readonly columns: ColumnNames;
  /** Whether the times are typed, and given in nanoseconds since 1970 as bigints. */
  readonly hasInstants: boolean;
  readonly values: readonly BlockColumn[];
}

/** Some rows of a table of histories or items, with the columns that are used. */
export interface RowBlock {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Number of rows of the file up to the last row here. */
  readonly done: number;
  /** Number of rows of the file. */
  readonly total: number;
}

/** Rows per block, if the file does not tell. */
const blockRows = { interactions: 2 ** 15, histories: 2 ** 11 };

/** What to decode of a file: columns of interactions, histories after the first `skip`, or all columns of all rows. */
export type Wanted = WantedColumns | { readonly skip: number } | { readonly rows: 'all' };

/** Yields what is wanted of a file. */
export const decodeColumnar = (file: ColumnarFile, wanted: Wanted): AsyncGenerator<InteractionBlock | RowBlock> => {
  if ('skip' in wanted) return decodeHistories(file, wanted.skip);
  return 'rows' in wanted ? decodeRows(file) : decodeInteractions(file, wanted);
};

/** Yields the wanted columns of the interactions in a file. */
const decodeInteractions = (file: ColumnarFile, wanted: WantedColumns): AsyncGenerator<InteractionBlock> =>
  file.format === 'arrow' ? decodeArrow(file, wanted) : decodeParquet(file, wanted);

/** Yields the rows of a Parquet file, a row group at a time. */
async function* decodeParquet(
  { name, content }: ColumnarFile,
  wanted: WantedColumns,
): AsyncGenerator<InteractionBlock, void, undefined> {
  const { parquetRead } = await import('hyparquet');
  const { fields, exact, timeFields, textFields, ...open } = await openParquet(content);
  const { metadata } = open;
  const columns = columnsOf(name, { fields, timeFields }, wanted);
  const hasInstants = columns.timestamp !== undefined && timeFields.includes(columns.timestamp);
  const kindOf = (column: string) => {
    if (column === columns.timestamp) return hasInstants ? 'instant' : 'time';
    return textFields.includes(column) ? 'text' : 'other';
  };
  const readers = Object.values(columns).map((column) =>
    parquetColumn(parquetRead, open, column, { kind: kindOf(column), exact: exact.get(column) }),
  );
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const size = Number(num_rows);
    const values = [];
    for (const read of readers) values.push(await read(rowStart, size));
    yield { columns, hasInstants, values };
    rowStart += size;
  }
  if (rowStart !== Number(metadata.num_rows)) throw new Error(`${rowStart} rows instead of ${metadata.num_rows}`);
}

/** Yields the rows of Arrow's IPC format, file or stream. */
async function* decodeArrow(
  { name, content }: ColumnarFile,
  wanted: WantedColumns,
): AsyncGenerator<InteractionBlock, void, undefined> {
  const [{ tableFromIPC, Type }, { exactExtraction, exactValues }] = await Promise.all([
    import('@uwdata/flechette'),
    import('./exact-arrow.js'),
  ]);
  const bytes = content as Uint8Array;
  const table = tableFromIPC(bytes, exactExtraction);
  const size = table.numRows;
  if (size > 8 * bytes.length) throw new Error(`${size} rows in ${bytes.length} bytes`);
  const fields = table.schema.fields.map((field) => field.name);
  const timeFields = fields.filter((_, place) => table.schema.fields[place].type.typeId === Type.Timestamp);
  const columns = columnsOf(name, { fields, timeFields }, wanted);
  const hasInstants = columns.timestamp !== undefined && timeFields.includes(columns.timestamp);
  const stored = Object.values(columns).map((column) => {
    const place = fields.indexOf(column);
    return exactValues(table.getChildAt(place), table.schema.fields[place]);
  });
  for (let start = 0; start < size; start += blockRows.interactions) {
    const length = Math.min(blockRows.interactions, size - start);
    const values = stored.map((column) => Array.from({ length }, () => column.next().value));
    const names = Object.values(columns);
    yield {
      columns,
      hasInstants,
      values: values.map((column, i) => packColumn(column, !hasInstants && names[i] === columns.timestamp)),
    };
  }
}

/**
 * Yields the rows of a Parquet file of histories after the first `skip` rows. One row group is decoded at a time.
 * @throws {DataError} when the table has no column `history`.
 */
const decodeHistories = (file: ColumnarFile, skip: number): AsyncGenerator<RowBlock, void, undefined> =>
  decodeRows(file, skip, (fields) => {
    if (!fields.includes('history')) {
      const shown = fields.map((field) => JSON.stringify(field)).join(', ');
      throw new DataError('bad-data', `${file.name}: the table has no column "history"; it has ${shown}`);
    }
    return fields.filter((field) => ['history', 'id', 'user'].includes(field));
  });

/** Yields the rows of a Parquet file after the first `skip` rows, with the columns that `choose` takes. Default all. */
async function* decodeRows(
  { content }: ColumnarFile,
  skip = 0,
  choose: (fields: readonly string[]) => readonly string[] = (fields) => fields,
): AsyncGenerator<RowBlock, void, undefined> {
  const { parquetReadObjects } = await import('hyparquet');
  const { fields, exact, timeFields: _times, textFields: _texts, ...open } = await openParquet(content);
  const columns = [...choose(fields)];
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
    timeFields: children.flatMap(({ element }) => (isTimestamp(element) ? [element.name] : [])),
    textFields: children.flatMap(({ element, children: { length } }) =>
      length === 0 && isText(element) ? [element.name] : [],
    ),
    exact,
  };
};

const isTimestamp = ({ type, converted_type, logical_type }: SchemaElement): boolean =>
  type === 'INT96' || logical_type?.type === 'TIMESTAMP' || converted_type?.startsWith('TIMESTAMP') === true;

const isText = ({ type, converted_type, logical_type }: SchemaElement): boolean =>
  type === 'BYTE_ARRAY' && (converted_type === 'UTF8' || logical_type?.type === 'STRING');

/** Returns the names of the wanted columns among the fields of a table. */
const columnsOf = (
  name: string,
  { fields, timeFields }: { fields: readonly string[]; timeFields: readonly string[] },
  wanted: WantedColumns,
): ColumnNames => {
  if (fields.some((field) => typeof field !== 'string')) throw new Error('a column has no name');
  const places = placesOfColumns(`${name}: the table`, fields, wanted);
  const { user, item, timestamp, rating } = places;
  const unused = leftovers(fields, places).find((field) => timeFields.includes(field));
  if (timestamp < 0 && wanted.columns?.timestamp !== false && unused !== undefined) throw unusedTimes(name, unused);
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
