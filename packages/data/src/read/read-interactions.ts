import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { collect } from '../files/open-bytes.js';
import { openText } from '../files/open-text.js';
import { encodeColumn } from '../table/id-column.js';
import {
  adviceOnColumns,
  assertColumnRoles,
  type InteractionColumns,
  type Interactions,
} from '../table/interactions.js';
import { InteractionsBuilder } from '../table/interactions-builder.js';
import { assertUserByUser } from '../table/unordered.js';
import { isLikelyTime, TimeReader } from '../times/index.js';
import { BadLines } from './bad-lines.js';
import type { WantedColumns } from './column-names.js';
import { readColumnar } from './columnar/read-columnar.js';
import { delimiterOf, hasColumns, readDelimited } from './formats/read-delimited.js';
import { byDoubleColon, byWhitespace, readLines } from './formats/read-lines.js';
import { json, pythonLiteral, readJsonArray, readObjectLines, readRows } from './formats/read-rows.js';
import type { RowSink } from './row-sink.js';
import { type InteractionSource, listSources } from './sources/list-sources.js';
import { type OpenedFile, readPart } from './sources/read-part.js';

/**
 * Format of a source.
 *
 * - `text`: lines `user item`, `user item timestamp` or, as in MovieLens 100K, `user item rating timestamp`, separated by spaces or tabs, without
 *   a header.
 * - `csv`, `tsv`: with a header; fields may be quoted as in RFC 4180. CSV may have `;` or `|` in place of commas, as its header does.
 * - `movielens`: lines `user::item::rating::timestamp`, without a header.
 * - `recbole`: RecBole's atomic `.inter` files, tab-separated with a header such as `user_id:token item_id:token timestamp:float`.
 * - `amazon-ratings`: CSV without a header, `user,item,rating,timestamp`, as in the ratings-only files of the Amazon reviews of 2014. Those of
 *   2018 begin with the item: set `columns: { user: '2', item: '1', timestamp: '4' }`.
 * - `parquet`, `arrow` (IPC, file or stream): tables, of which only the needed columns are read.
 * - `json`: a JSON array of objects, on one line or several, of any size. Errors count objects, not lines.
 * - `jsonl`: one JSON object per line. Amazon reviews (`reviewerID`, `asin`, `unixReviewTime`) need no `columns`.
 * - `python-literals`: one Python dict per line, as `repr` writes it, such as the Steam reviews. It is parsed, never evaluated.
 */
export type InteractionFormat = TextFormat | 'parquet' | 'arrow';
type TextFormat =
  | 'text'
  | 'csv'
  | 'tsv'
  | 'movielens'
  | 'recbole'
  | 'amazon-ratings'
  | 'json'
  | 'jsonl'
  | 'python-literals';

/** Options of `readInteractions`. */
export interface ReadInteractionsOptions {
  /** Format of the source. Default: detected from the first bytes or line. */
  format?: InteractionFormat;
  /**
   * Names of the columns of user, item, timestamp and rating. Default: columns with common names such as userId, movieId, time; no ratings.
   * `timestamp: false` says that times are not used, and that the rows of each user are in time order.
   */
  columns?: InteractionColumns;
  /** Whether to read ratings, into a column `rating`, which `minRating` needs. Default: only if `columns` names their column. */
  ratings?: boolean;
  /** Name of the entry to read in a zip archive, such as `ml-latest-small/ratings.csv`. Default: the only data file in it. */
  entry?: string;
  /** Most bytes of an unpacked zip entry. Default 64 GiB. Above 16 MiB, an entry may also not unpack to more than 200 times its packed size. */
  unpackLimit?: number;
  /** What to do with a bad line or row: fail (`throw`, the default), or skip it and count it in `skipped` (`skip`). */
  onError?: 'throw' | 'skip';
}

const optionNames: readonly (keyof ReadInteractionsOptions)[] = [
  'format',
  'columns',
  'ratings',
  'entry',
  'unpackLimit',
  'onError',
];

/** What `index.ts` documents. */
export const readInteractions = async (
  source: InteractionSource,
  options: ReadInteractionsOptions = {},
): Promise<Interactions> => {
  assertKnownOptions('readInteractions', options, optionNames, { ErrorClass: DataError });
  const {
    format,
    columns,
    ratings = columns?.rating !== undefined,
    onError = 'throw',
    entry,
    unpackLimit = 2 ** 36,
  } = options;
  assertColumnRoles('readInteractions', columns);
  if (onError !== 'throw' && onError !== 'skip')
    throw new DataError('bad-option', `readInteractions: onError must be throw or skip, got ${String(onError)}`);
  const wanted: WantedColumns = { columns, ratings };
  const builder = new InteractionsBuilder();
  const times = new TimeReader();
  const badLines = new BadLines(builder, onError);
  const sinks: RowSink[] = [];
  const sinkOf: SinkOf = (name) => {
    const sink: RowSink = {
      builder,
      times,
      reject: (line, reason, cause) => badLines.reject(`${name}:${line}: ${reason}`, cause),
    };
    sinks.push(sink);
    return sink;
  };
  const { name, parts } = await listSources(source, format !== undefined);
  for (const part of parts) {
    if ('rows' in part) await readRows(part.name, part.rows, sinkOf(part.name), wanted);
    else
      await readPart(part, { entry, unpackLimit }, (file) =>
        readBytes(file, sinkOf(file.name), { format, wanted }),
      ).catch((error) => {
        throw aboutPartitions(error, part.partitionKeys);
      });
    for (const { unused } of sinks.splice(0)) unused?.end();
  }
  const order = columns?.timestamp === false ? ({ kind: 'file-order', column: false } as const) : times.order;
  const interactions = builder.build(order);
  if (interactions.size === 0)
    throw new DataError(
      'bad-data',
      `${name}: has no interactions${builder.skipped > 0 ? ` (${builder.skipped} lines skipped)` : ''}`,
    );
  badLines.end(name);
  const { table } = interactions;
  if (order.kind === 'file-order' && order.column !== false)
    assertUserByUser(name, encodeColumn(table, 'user'), table.indices());
  return interactions;
};

/** Returns an error, which says of a missing column that the names of folders may have it. */
const aboutPartitions = (error: unknown, keys: readonly string[] = []): unknown => {
  if (!(error instanceof DataError) || error.advice !== adviceOnColumns || keys.length === 0) return error;
  const shown = keys.map((key) => JSON.stringify(key)).join(', ');
  const problem = `${error.problem} The names of its folders have ${shown}, but only columns in the files are read.`;
  return new DataError('bad-data', problem, { advice: error.advice, cause: error });
};

/** Returns where the rows of a file go. */
type SinkOf = (name: string) => RowSink;

interface FileOptions {
  format: InteractionFormat | undefined;
  wanted: WantedColumns;
}

const readBytes = async (
  { name, path, head, bytes }: OpenedFile,
  sink: RowSink,
  options: FileOptions,
): Promise<void> => {
  const begin = String.fromCharCode(...head);
  const isParquet = options.format === undefined ? begin.startsWith('PAR1') : options.format === 'parquet';
  const isArrow = options.format === undefined ? /^(ARROW1|\xff{4})/.test(begin) : options.format === 'arrow';
  if (!isParquet && !isArrow) {
    await readText(name, bytes, sink, options);
    return;
  }
  const isOnDisk = path !== undefined && begin.startsWith('PAR1');
  const content = isOnDisk ? path : await collect(bytes);
  await readColumnar({ name, format: isArrow ? 'arrow' : 'parquet', content }, sink, options.wanted);
};

const readText = async (
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  sink: RowSink,
  { format, wanted }: FileOptions,
): Promise<void> => {
  const { firstLine, chunks } = await openText(name, bytes);
  const { user, item } = wanted.columns ?? {};
  const chosen =
    format ??
    sniffFormat(name, firstLine, { ...wanted, columns: (user ?? item) === undefined ? undefined : wanted.columns });
  const { ratings } = wanted;
  const columns = { user: '1', item: '2', timestamp: '4', rating: '3', ...wanted.columns };
  const times = columns.timestamp !== false;
  const readers: Record<TextFormat, () => Promise<void>> = {
    text: () => readLines(name, chunks, sink, { layout: byWhitespace, ratings, times }),
    movielens: () => readLines(name, chunks, sink, { layout: byDoubleColon, ratings, times }),
    csv: () => readDelimited(name, chunks, sink, { delimiter: delimiterOf(firstLine, wanted), wanted }),
    tsv: () => readDelimited(name, chunks, sink, { delimiter: '\t', wanted }),
    recbole: () => readDelimited(name, chunks, sink, { delimiter: '\t', wanted, header: 'typed-names' }),
    'amazon-ratings': () =>
      readDelimited(name, chunks, sink, { delimiter: ',', wanted: { columns, ratings }, header: 'none' }),
    json: () => readJsonArray(name, chunks, sink, wanted),
    jsonl: () => readObjectLines(name, chunks, sink, { wanted, notation: json }),
    'python-literals': () => readObjectLines(name, chunks, sink, { wanted, notation: pythonLiteral }),
  };
  if (!Object.hasOwn(readers, chosen)) {
    throw new DataError(
      'bad-option',
      `readInteractions: format must be one of ${Object.keys(readers).join(', ')}, parquet, arrow, got ${String(chosen)}`,
    );
  }
  await readers[chosen as TextFormat]();
};

const sniffFormat = (name: string, firstLine: string, wanted: WantedColumns): TextFormat => {
  const { columns } = wanted;
  if (firstLine.trim() === '') throw new DataError('bad-data', `${name}: is empty`);
  if (firstLine.startsWith('{')) return /^\{\s*u?'/i.test(firstLine) ? 'python-literals' : 'jsonl';
  if (/^\[\s*(\{|\]|$)/.test(firstLine)) return 'json';
  if (firstLine.includes('::')) return 'movielens';
  const fields = firstLine.split('\t').map((field) => field.replace(/^"(.*)"$/, '$1'));
  if (fields.length > 1 && fields.every((field) => /:(token|float)(_seq)?$/.test(field.trim()))) return 'recbole';
  const isHeader =
    columns === undefined
      ? !fields.slice(1).every((field) => Number.isFinite(Number(field))) && !fields.some(isLikelyTime)
      : [columns.user, columns.item].some((own) => own !== undefined && fields.includes(own));
  if (fields.length > 1 && isHeader && !firstLine.includes(' ')) return 'tsv';
  if (columns === undefined && /^[^,]+,[^,]+,\d(\.\d)?,\d{9,10}$/.test(firstLine.trim())) return 'amazon-ratings';
  if (firstLine.includes(',')) return 'csv';
  if (columns !== undefined) return 'csv';
  // Ids in lines of text may have `;` or `|`, too.
  const isDelimited = [';', '|'].some(
    (delimiter) =>
      firstLine.includes(delimiter) && (!/[ \t]/.test(firstLine) || hasColumns(firstLine, delimiter, wanted)),
  );
  return isDelimited ? 'csv' : 'text';
};
