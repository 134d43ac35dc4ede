import { Instant } from '../../times/index.js';
import type { WantedColumns } from '../column-names.js';
import { rowTaker } from '../formats/read-rows.js';
import type { RowSink } from '../row-sink.js';
import type { ColumnarFile, InteractionBlock } from './decode-columnar.js';
import { decodeInSubprocess } from './decode-in-subprocess.js';
import { type BlockColumn, isPackedTexts, KnownTexts, lengthOf, type PackedTexts } from './pack-column.js';

/**
 * Reads interactions from a Parquet or Arrow file.
 * @throws {DataError} on a damaged file, a missing column, or a row that the sink refuses.
 */
export const readColumnar = async (file: ColumnarFile, sink: RowSink, wanted: WantedColumns): Promise<void> => {
  let take: ReturnType<typeof rowTaker> | undefined;
  const addRow = codedRows(sink);
  let texts: KnownTexts[] | undefined;
  let done = 0;
  for await (const block of decodeInSubprocess(file, wanted)) {
    const { columns, values } = block;
    const isFirst = take === undefined;
    take ??= rowTaker(file.name, sink, { columns: { timestamp: false, ...columns }, ratings: wanted.ratings });
    texts ??= values.map(() => new KnownTexts());
    for (const [i, column] of values.entries()) if (isPackedTexts(column)) texts[i].add(column);
    const rowAt = rowsOf(block, texts);
    const size = lengthOf(values[0]);
    // The first row says which fields there are.
    if (isFirst && size > 0) take(rowAt(0), 1);
    const addCoded = addRow(block);
    for (let i = isFirst ? 1 : 0; i < size; i++) if (!addCoded?.(i)) take(rowAt(i), done + i + 1);
    done += size;
  }
};

/** Returns a function that returns a row of a block: always the same object. */
const rowsOf = ({ columns, hasInstants, values }: InteractionBlock, texts: readonly KnownTexts[]) => {
  const names = Object.values(columns);
  const instants = hasInstants ? names.indexOf(columns.timestamp!) : -1;
  const row: Record<string, unknown> = {};
  return (i: number) => {
    for (let column = 0; column < names.length; column++) {
      const value = texts[column].valueAt(values[column], i);
      row[names[column]] = column === instants && typeof value === 'bigint' ? new Instant(value) : value;
    }
    return row;
  };
};

/**
 * Returns a function that takes the next block, and returns one that adds a row of it whose ids are texts, by their codes: each distinct text is looked
 * up once. That one returns whether it has added the row; one that is wrong in some way is for the row taker. Undefined for a block with other columns.
 */
const codedRows = ({ builder, times }: RowSink) => {
  const codesOf = { user: [] as number[], item: [] as number[] };
  const add = (what: 'user' | 'item', { first, texts }: PackedTexts) => {
    codesOf[what].length = first;
    for (const text of texts) codesOf[what].push(text === '' ? -1 : builder.codeOf(what, text));
  };
  return ({ columns, hasInstants, values }: InteractionBlock): ((row: number) => boolean) | undefined => {
    const column = (name: string | undefined): BlockColumn | undefined => values[Object.values(columns).indexOf(name!)];
    const [users, items, time] = [column(columns.user)!, column(columns.item)!, column(columns.timestamp)];
    if (isPackedTexts(users)) add('user', users);
    if (isPackedTexts(items)) add('item', items);
    if (!isPackedTexts(users) || !isPackedTexts(items) || columns.rating !== undefined) return undefined;
    if (hasInstants || (time !== undefined && isPackedTexts(time))) return undefined;
    return (row) => {
      const [user, item] = [codesOf.user[users.codes[row]], codesOf.item[items.codes[row]]];
      if (user < 0 || item < 0) return false;
      if (time === undefined) builder.addCoded(user, item, undefined, 0);
      else {
        if (times.read(time[row]) !== undefined) return false;
        builder.addCoded(user, item, times.time, times.rest);
      }
      return true;
    };
  };
};
