import { Instant } from '../../times/index.js';
import type { WantedColumns } from '../column-names.js';
import { rowTaker } from '../formats/read-rows.js';
import type { RowSink } from '../row-sink.js';
import type { ColumnarFile, InteractionBlock } from './decode-columnar.js';
import { decodeInSubprocess } from './decode-in-subprocess.js';
import { isPackedTexts, lengthOf, type PackedTexts, valueAt } from './pack-column.js';

/**
 * Reads interactions from a Parquet or Arrow file.
 * @throws {DataError} on a damaged file, a missing column, or a row that the sink refuses.
 */
export const readColumnar = async (file: ColumnarFile, sink: RowSink, wanted: WantedColumns): Promise<void> => {
  let take: ReturnType<typeof rowTaker> | undefined;
  let done = 0;
  for await (const block of decodeInSubprocess(file, wanted)) {
    const { columns, values } = block;
    const isFirst = take === undefined;
    take ??= rowTaker(file.name, sink, { columns: { timestamp: false, ...columns }, ratings: wanted.ratings });
    const rowAt = rowsOf(block);
    const size = lengthOf(values[0]);
    // The first row says which fields there are.
    if (isFirst && size > 0) take(rowAt(0), 1);
    const addCoded = coded(block, sink);
    for (let i = isFirst ? 1 : 0; i < size; i++) if (!addCoded?.(i)) take(rowAt(i), done + i + 1);
    done += size;
  }
};

/** Returns a function that returns a row of a block: always the same object. */
const rowsOf = ({ columns, hasInstants, values }: InteractionBlock) => {
  const names = Object.values(columns);
  const instants = hasInstants ? names.indexOf(columns.timestamp!) : -1;
  const row: Record<string, unknown> = {};
  return (i: number) => {
    for (let column = 0; column < names.length; column++) {
      const value = valueAt(values[column], i);
      row[names[column]] = column === instants && typeof value === 'bigint' ? new Instant(value) : value;
    }
    return row;
  };
};

/**
 * Returns a function that adds a row whose ids are texts, by their codes: each distinct text is looked up once in a block. It returns whether it has added
 * the row; one that is wrong in some way is for the row taker. Undefined for a block with other columns.
 */
const coded = ({ columns, hasInstants, values }: InteractionBlock, { builder, times }: RowSink) => {
  const names = Object.values(columns);
  const [users, items] = [values[names.indexOf(columns.user)], values[names.indexOf(columns.item)]];
  if (!isPackedTexts(users) || !isPackedTexts(items) || hasInstants || columns.rating !== undefined) return undefined;
  const codesOf = (what: 'user' | 'item', { texts }: PackedTexts) =>
    texts.includes('') ? undefined : builder.codesOf(what, texts);
  const [userCodes, itemCodes] = [codesOf('user', users), codesOf('item', items)];
  if (userCodes === undefined || itemCodes === undefined) return undefined;
  const time = columns.timestamp === undefined ? undefined : values[names.indexOf(columns.timestamp)];
  return (i: number): boolean => {
    if (time !== undefined && times.read(valueAt(time, i)) !== undefined) return false;
    const [user, item] = [userCodes[users.codes[i]], itemCodes[items.codes[i]]];
    if (time === undefined) builder.addCoded(user, item, undefined, 0);
    else builder.addCoded(user, item, times.time, times.rest);
    return true;
  };
};
