import { DataError } from '../errors.js';
import { forEachLine } from '../files/lines.js';
import { collect } from '../files/open-bytes.js';
import { openText } from '../files/open-text.js';
import { decodeInSubprocess } from './columnar/decode-in-subprocess.js';
import { elementsOf } from './formats/json-array.js';
import { forEachRecord } from './formats/read-delimited.js';
import { type InteractionSource, listSources } from './sources/list-sources.js';
import { type OpenedFile, readPart } from './sources/read-part.js';

/** Format of a table: text with a header (`csv`, with `,`, `;` or `|`, and `tsv`), JSON lines, a JSON array of objects, or Parquet. */
export type TableFormat = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet';

const formats: readonly TableFormat[] = ['csv', 'tsv', 'json', 'jsonl', 'parquet'];

interface TableOptions {
  readonly format: TableFormat | undefined;
  readonly entry: string | undefined;
  readonly unpackLimit: number | undefined;
}

/** Takes a row, with a field per column, and where it is. */
type TakeRow = (row: unknown, place: { readonly name: string; readonly line: number }) => void;

/**
 * Calls `take` with each row of a table, and returns the name of the table for errors. Values are as the format has them: text in delimited
 * text, and what `JSON.parse` returns in JSON.
 *
 * @param where the function that was called, for errors.
 * @throws {DataError} on a file that cannot be read, or a line that is not a row.
 */
export const forEachRow = async (
  where: string,
  source: InteractionSource,
  { format, entry, unpackLimit = 2 ** 36 }: TableOptions,
  take: TakeRow,
): Promise<{ name: string }> => {
  if (format !== undefined && !formats.includes(format))
    throw new DataError('bad-option', `${where}: format must be one of ${formats.join(', ')}, got ${String(format)}`);
  const { name, parts } = await listSources(source, format !== undefined);
  for (const part of parts) {
    if ('rows' in part) {
      let line = 0;
      for await (const row of part.rows) take(row, { name: part.name, line: ++line });
    } else await readPart(part, { entry, unpackLimit }, (file) => readFile(file, format, take));
  }
  return { name };
};

const readFile = async ({ name, path, head, bytes }: OpenedFile, format: TableFormat | undefined, take: TakeRow) => {
  const isParquet = String.fromCharCode(...head).startsWith('PAR1');
  if (format === 'parquet' || (format === undefined && isParquet)) {
    const content = path ?? (await collect(bytes));
    let line = 0;
    for await (const { rows } of decodeInSubprocess({ name, format: 'parquet', content }, { rows: 'all' }))
      for (const row of rows) take(row, { name, line: ++line });
    return;
  }
  const { firstLine, chunks } = await openText(name, bytes);
  if (firstLine.trim() === '') throw new DataError('bad-data', `${name}: is empty`);
  const takeText = (text: string, line: number) => take(parsed(text, { name, line }), { name, line });
  switch (format ?? formatOf(firstLine)) {
    case 'jsonl':
      await forEachLine(name, chunks, takeText);
      break;
    case 'json': {
      let line = 0;
      for await (const elements of elementsOf(name, chunks)) for (const element of elements) takeText(element, ++line);
      break;
    }
    case 'tsv':
      await readDelimitedRows(name, chunks, '\t', take);
      break;
    default:
      await readDelimitedRows(name, chunks, delimiterIn(firstLine), take);
  }
};

const formatOf = (firstLine: string): TableFormat => {
  if (firstLine.startsWith('{')) return 'jsonl';
  if (firstLine.startsWith('[')) return 'json';
  return firstLine.includes('\t') ? 'tsv' : 'csv';
};

/** Returns the delimiter that a header has most of. */
const delimiterIn = (header: string): string => {
  const unquoted = header.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '|'].map((delimiter) => [unquoted.split(delimiter).length, delimiter] as const);
  return counts.reduce((a, b) => (b[0] > a[0] ? b : a))[1];
};

const parsed = (text: string, { name, line }: { name: string; line: number }): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError('bad-data', `${name}:${line}: is not a JSON object: ${(cause as Error).message}`, { cause });
  }
};

const readDelimitedRows = async (
  name: string,
  chunks: AsyncIterable<string>,
  delimiter: string,
  take: TakeRow,
): Promise<void> => {
  let fields: string[] | undefined;
  await forEachRecord(name, chunks, {
    delimiter,
    take: (record, line) => {
      if (fields === undefined) {
        const twice = record.find((field, i) => record.indexOf(field) !== i);
        if (twice !== undefined) throw new DataError('bad-data', `${name}:1: the header has "${twice}" twice`);
        fields = record;
        return;
      }
      if (record.length !== fields.length)
        throw new DataError(
          'bad-data',
          `${name}:${line}: has ${record.length} fields, the header has ${fields.length}; a field with "${delimiter}" in it must be in quotes`,
        );
      const row: Record<string, unknown> = Object.create(null);
      for (const [i, field] of fields.entries()) row[field] = record[i];
      take(row, { name, line });
    },
  });
};
