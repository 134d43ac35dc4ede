import type { ParquetParsers, parquetRead as ParquetRead } from 'hyparquet';
import { type BlockColumn, packColumn } from './pack-column.js';
import { TextCodes } from './text-codes.js';

/** A file that is open, and how hyparquet reads it. */
type OpenParquet = Pick<Parameters<typeof ParquetRead>[0], 'file' | 'metadata' | 'compressors' | 'utf8' | 'parsers'>;

/** Reads some rows of a column, as many as are asked for. */
type ReadColumn = (rowStart: number, numRows: number) => Promise<BlockColumn>;

interface ColumnOptions {
  readonly kind: 'text' | 'time' | 'instant' | 'other';
  /** Makes values exact that hyparquet rounds. */
  readonly exact: ((value: unknown) => unknown) | undefined;
}

/** Returns a function that reads a column, block after block. */
export const parquetColumn = (
  parquetRead: typeof ParquetRead,
  open: OpenParquet,
  name: string,
  { kind, exact }: ColumnOptions,
): ReadColumn => {
  const texts = new TextCodes();
  const parsers = {
    ...open.parsers,
    ...(kind === 'text' && { stringFromBytes: (bytes) => bytes && texts.codeOf(bytes) }),
    ...(kind === 'instant' && toNanoseconds),
  } as Partial<ParquetParsers>;
  return async (rowStart, numRows) => {
    const chunks: unknown[][] = [];
    const onChunk = ({ columnData }: { columnData: ArrayLike<unknown> }) =>
      chunks.push(Array.isArray(columnData) ? columnData : Array.from(columnData));
    await parquetRead({ ...open, parsers, columns: [name], rowStart, rowEnd: rowStart + numRows, onChunk });
    const read = chunks.length === 1 ? chunks[0] : chunks.flat();
    const values = exact === undefined ? read : read.map((value) => exact(value));
    if (values.length !== numRows) throw new Error(`${values.length} rows instead of ${numRows}`);
    return kind === 'text' ? texts.pack(values) : packColumn(values, kind === 'time');
  };
};

/** Parsers of hyparquet that keep what `Date` would round: they return nanoseconds. */
const toNanoseconds = {
  timestampFromMilliseconds: (count: bigint) => scaled(count, 1_000_000n),
  timestampFromMicroseconds: (count: bigint) => scaled(count, 1000n),
  timestampFromNanoseconds: (count: bigint) => scaled(count, 1n),
} as unknown as Partial<ParquetParsers>;

/** Returns a count of nanoseconds; a value that is missing stays so. */
const scaled = (count: unknown, nanoseconds: bigint): unknown =>
  typeof count === 'bigint' || typeof count === 'number' ? BigInt(count) * nanoseconds : count;
