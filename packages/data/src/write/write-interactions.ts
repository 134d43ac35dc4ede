import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { openWriteStream, replaceFile, syncFile, type WriteTarget, writeTargetOf } from '../files/atomic-write.js';
import { encodeColumn } from '../table/id-column.js';
import type { Id } from '../table/id-map.js';
import type { Interactions } from '../table/interactions.js';
import { isNumberColumn } from '../table/number-column.js';

/** `text` has lines `user item [[rating] timestamp]`. The others have columns `user` and `item`, and `rating` and `timestamp` if there are any. */
export type OutputFormat = 'text' | 'csv' | 'parquet' | 'arrow';

const formatOfExtension: Readonly<Record<string, OutputFormat>> = {
  '.txt': 'text',
  '.csv': 'csv',
  '.parquet': 'parquet',
  '.arrow': 'arrow',
};

/** What `index.ts` documents. */
export const writeInteractions = async (
  interactions: Interactions,
  path: string,
  options: { format?: OutputFormat } = {},
): Promise<void> => {
  assertKnownOptions('writeInteractions', options, ['format'], { ErrorClass: DataError });
  const { format = formatOfExtension[extname(path).toLowerCase()] } = options;
  const writers: Record<OutputFormat, (target: WriteTarget) => Promise<void>> = {
    text: (target) => writeLines(target.path, textLines(path, interactions)),
    csv: (target) => writeCsv(target.path, interactions),
    parquet: (target) => writeParquet(target, interactions),
    arrow: (target) => writeArrow(target.path, interactions),
  };
  if (format === undefined || !Object.hasOwn(writers, format)) {
    const formats = `format must be one of ${Object.keys(writers).join(', ')}`;
    const problem =
      format === undefined
        ? `the file extension of ${JSON.stringify(path)} does not tell the format; ${formats}`
        : `${formats}, got ${String(format)}`;
    throw new DataError('bad-option', `writeInteractions: ${problem}`);
  }
  const write = writers[format];
  assertUnicode(path, interactions);
  try {
    const target = await writeTargetOf(path);
    if (!target.replaceable) {
      await write(target);
      return;
    }
    await replaceFile(target.path, async (partial) => {
      await write({ path: partial, replaceable: true });
      await syncFile(partial);
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('bad-data', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
  }
};

/** @throws {DataError} when an id would become another one in UTF-8, as all files have it. */
const assertUnicode = (path: string, { table }: Interactions): void => {
  for (const name of ['user', 'item']) {
    const { ids, codes } = encodeColumn(table, name);
    const isBad = ids.map((id) => typeof id === 'string' && /\p{Surrogate}/u.test(id));
    if (!isBad.includes(true)) continue;
    const row = table.indices().find((row) => isBad[codes[row]]); // others are in rows that a filter has hidden
    if (row !== undefined)
      throw new DataError(
        'bad-data',
        `${path}: the id ${JSON.stringify(ids[codes[row]])} has half of a surrogate pair, which UTF-8 cannot hold`,
      );
  }
};

interface Columns {
  readonly rows: Uint32Array;
  readonly user: (row: number) => Id;
  readonly item: (row: number) => Id;
  /** Ratings and times, if there are any. */
  readonly numbers: readonly (readonly [name: 'rating' | 'timestamp', of: (row: number) => number])[];
}

const columnsOf = ({ table }: Interactions): Columns => {
  const [users, items] = [encodeColumn(table, 'user'), encodeColumn(table, 'item')];
  const numbers = (['rating', 'timestamp'] as const).flatMap((name) => {
    const column: unknown = table.column(name);
    return isNumberColumn(column) ? [[name, (row: number) => column[row]] as const] : [];
  });
  return {
    rows: table.indices(),
    user: (row) => users.at(row),
    item: (row) => items.at(row),
    numbers,
  };
};

function* textLines(path: string, interactions: Interactions): Generator<string, void, undefined> {
  const { rows, user, item, numbers } = columnsOf(interactions);
  if (numbers.length === 1 && numbers[0][0] === 'rating')
    throw new DataError('bad-data', `${path}: the text format cannot hold ratings without times; write CSV`);
  for (const row of rows) {
    const fields = [user(row), item(row), ...numbers.map(([, of]) => of(row))].map(String);
    const bad = fields.find((field) => field === '' || /\s/.test(field));
    if (bad !== undefined)
      throw new DataError(
        'bad-data',
        `${path}: the text format separates fields by spaces, so it cannot hold ${JSON.stringify(bad)}; write CSV`,
      );
    yield `${fields.join(' ')}\n`;
  }
}

/** Writes lines, thousands per piece. */
const writeLines = async (path: string, lines: Iterable<string>): Promise<void> => {
  function* pieces() {
    let piece = '';
    for (const line of lines) {
      piece += line;
      if (piece.length < 2 ** 16) continue;
      yield piece;
      piece = '';
    }
    yield piece;
  }
  await pipeline(Readable.from(pieces()), await openWriteStream(path));
};

const writeCsv = async (path: string, interactions: Interactions): Promise<void> => {
  const { stringify } = await import('csv-stringify');
  const { rows, user, item, numbers } = columnsOf(interactions);
  function* records() {
    yield ['user', 'item', ...numbers.map(([name]) => name)];
    for (const row of rows) yield [user(row), item(row), ...numbers.map(([, of]) => of(row))];
  }
  await pipeline(Readable.from(records()), stringify(), await openWriteStream(path));
};

const writeParquet = async ({ path, replaceable }: WriteTarget, interactions: Interactions): Promise<void> => {
  const { parquetWriteBuffer, parquetWriteFile } = await import('hyparquet-writer');
  const { rows, user, item, numbers } = columnsOf(interactions);
  const ids = (idOf: (row: number) => Id) => {
    const data = plainIds(rows, idOf);
    return { data, type: data instanceof Float64Array ? ('DOUBLE' as const) : ('STRING' as const) };
  };
  const columnData = [
    { name: 'user', ...ids(user) },
    { name: 'item', ...ids(item) },
    ...numbers.map(([name, of]) => ({ name, data: Float64Array.from(rows, of), type: 'DOUBLE' as const })),
  ];
  // `parquetWriteFile` reopens its file for each piece, so the reader of a FIFO would see the end of the file after the first.
  if (replaceable) parquetWriteFile({ filename: path, columnData });
  else await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData })));
};

const writeArrow = async (path: string, interactions: Interactions): Promise<void> => {
  const { toArrowIPC, table } = await import('arquero');
  const { rows, user, item, numbers } = columnsOf(interactions);
  const columns = {
    user: plainIds(rows, user),
    item: plainIds(rows, item),
    ...Object.fromEntries(numbers.map(([name, of]) => [name, Float64Array.from(rows, of)])),
  };
  await writeFile(path, toArrowIPC(table(columns), { format: 'file' })!);
};

/** Returns a column of numbers if all ids are numbers, else of text. */
const plainIds = (rows: Uint32Array, idOf: (row: number) => Id): Float64Array | string[] => {
  const ids = Array.from(rows, idOf);
  return ids.every((id) => typeof id === 'number') ? Float64Array.from(ids as number[]) : ids.map(String);
};
