import { type Advice, assertKnownOptions } from '@recsys/errors';
import { type ColumnTable, table as createTable } from 'arquero';
import { DataError } from '../errors.js';
import { type InteractionOrder, nameLooksLikeTime, TimeReader } from '../times/index.js';
import { encodeColumn, type IdColumn } from './id-column.js';
import { isNumberColumn, type NumberColumn } from './number-column.js';
import { assertUserByUser, unusedTimes } from './unordered.js';

/** Which columns hold the interactions. */
export interface InteractionColumns {
  /** Column of user ids. Default: a column with a common name such as `userId`; in `fromTable`, `user`. */
  user?: string;
  /** Column of item ids. Default: a column with a common name such as `itemId`; in `fromTable`, `item`. */
  item?: string;
  /**
   * Column of times. Default: if neither `user` nor `item` is named, a column with a common name such as `timestamp`. False: times are not used, and
   * the rows of a user are in time order. Without times, it must be false, unless the rows of each user follow one another.
   */
  timestamp?: string | false;
  /** Column of ratings. Absent: the ratings of a file are not read, and those of a table are kept unchecked. */
  rating?: string;
}

/** What to do if a table does not have the column that was looked for. */
export const adviceOnColumns: Advice = { option: 'columns', purpose: 'to name the columns of your data' };

/**
 * Interactions of users with items: an arquero table with the columns `user` and `item` (strings or finite numbers), `timestamp` if the source
 * has times (milliseconds since 1970 for ISO 8601 and dates, else numbers in the unit of the source), and `rating` if ratings were read (numbers). You can apply any arquero verb to `table` and wrap the
 * result with `fromTable`.
 *
 * @example
 * const ratings = await readInteractions('ratings.csv', { ratings: true });
 * ratings.table.print(); // columns user, item, timestamp, rating
 * const liked = fromTable(ratings.table.filter((row) => row.rating >= 4));
 */
export class Interactions {
  /** Columns `user` and `item`, `timestamp` and `rating` if there are any, and the other columns of a table given to `fromTable`. */
  readonly table: ColumnTable;
  /** Number of lines or rows of the source that were skipped with `onError: 'skip'`. */
  readonly skipped: number;

  /** What puts the interactions in order: which column, and what its times are; `describeOrder` has it in words. */
  readonly order: InteractionOrder;

  /** @internal Use `fromTable` or `readInteractions`. */
  constructor(table: ColumnTable, { skipped = 0, order }: { skipped?: number; order: InteractionOrder }) {
    this.table = table;
    this.skipped = skipped;
    this.order = order;
    orders.set(keyOf(table), order);
  }

  /** Number of interactions. */
  get size(): number {
    return this.table.numRows();
  }
}

/** Orders of interactions, by a column of theirs: an arquero verb makes a new table, but most verbs keep the columns. */
const orders = new WeakMap<object, InteractionOrder>();

const keyOf = (table: ColumnTable): object => (table.column('timestamp') ?? table.column('user'))!;

/**
 * Returns the interactions in an arquero table. The result has the columns `user`, `item`, `timestamp` and `rating` beside the table's own.
 *
 * @param options.columns names of the columns of user, item, timestamp and rating. Default: columns with just these names, where ratings are not
 *   checked. Times may be numbers, bigints, Dates or ISO 8601.
 * @throws {DataError} on an unknown option, a missing column, an id that is not a string or finite number, a time that cannot be read, or
 *   a rating that is not a number, if `columns` names ratings. `unordered`, when no times are used, but there seem to be some, or the rows of users are
 *   mixed; `columns: { timestamp: false }` says that they are in time order.
 * @example
 * const table = aq.table({ who: ['ann', 'ann'], what: ['tea', 'jam'], when: [1, 2] });
 * const interactions = fromTable(table, { columns: { user: 'who', item: 'what', timestamp: 'when' } });
 * interactions.size; // 2
 */
export const fromTable = (table: ColumnTable, options: { columns?: InteractionColumns } = {}): Interactions => {
  assertKnownOptions('fromTable', options, ['columns'], { ErrorClass: DataError });
  const { columns = {} } = options;
  assertColumnRoles('fromTable', columns);
  const names = table.columnNames();
  const hasTimes = columns.user === undefined && columns.item === undefined && names.includes('timestamp');
  const { user = 'user', item = 'item', timestamp = hasTimes && 'timestamp', rating } = columns;
  for (const name of [user, item, timestamp, rating]) {
    if (name !== undefined && name !== false && !names.includes(name)) {
      throw new DataError('bad-data', `fromTable: the table has no column "${name}"; it has ${names.join(', ')}.`, {
        advice: adviceOnColumns,
      });
    }
  }
  const [users, items] = [encodeColumn(table, user), encodeColumn(table, item)];
  const known = timestamp === false ? orders.get(users) : orders.get(table.column(timestamp)!);
  const times = timestamp === false ? undefined : timesOf(table, timestamp, known);
  const own = {
    user: users,
    item: items,
    ...(times && { timestamp: times.column }),
    ...(rating !== undefined && { rating: numbersOf(table, rating) }),
  };
  if (times !== undefined) return new Interactions(table.assign(tableOf(table, own)), { order: times.order });
  if (columns.timestamp === undefined && known === undefined) {
    const unused = names.find((name) => ![user, item, rating].includes(name) && nameLooksLikeTime(name));
    if (unused !== undefined) throw unusedTimes('fromTable', unused);
    assertUserByUser('fromTable', users, table.indices());
  }
  const order: InteractionOrder = { kind: 'file-order', ...(columns.timestamp === false && { column: false }) };
  return new Interactions(table.assign(tableOf(table, own)), {
    order: columns.timestamp === undefined ? (known ?? order) : order,
  });
};

/** @throws {DataError} when `columns` names a column for anything but user, item, timestamp and rating. */
export const assertColumnRoles = (where: string, columns: InteractionColumns | undefined): void =>
  assertKnownOptions(`${where}: columns`, columns ?? {}, ['user', 'item', 'timestamp', 'rating'], {
    ErrorClass: DataError,
  });

const timesOf = (
  table: ColumnTable,
  name: string,
  known: InteractionOrder | undefined,
): { column: NumberColumn; order: InteractionOrder } => {
  const column = table.column(name)!;
  if (known !== undefined && isNumberColumn(column)) return { column, order: known };
  const reader = new TimeReader();
  reader.column = name;
  const numbers = isNumberColumn(column) ? column : new Float64Array(table.totalRows());
  table.scan((row) => {
    const value: unknown = column.at(row!);
    const problem = reader.read(value);
    if (problem !== undefined) throw wrongValue(name, value, row!, problem);
    if (numbers !== column) numbers[row!] = reader.time;
  });
  return { column: numbers, order: reader.order };
};

const numbersOf = (table: ColumnTable, name: string): NumberColumn => {
  const column = table.column(name)!;
  if (isNumberColumn(column) && column.every(Number.isFinite)) return column;
  const numbers = new Float64Array(table.totalRows());
  table.scan((row) => {
    const value: unknown = column.at(row!);
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw wrongValue(name, value, row!, 'is not a finite number');
    numbers[row!] = value;
  });
  return numbers;
};

const wrongValue = (name: string, value: unknown, row: number, problem: string): DataError => {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new DataError('bad-data', `fromTable: column "${name}": ${shown} in row ${row} ${problem}`);
};

/** Returns columns as a table. The rows that are hidden in another table are hidden in it, too. */
const tableOf = (like: ColumnTable, columns: Record<string, IdColumn | NumberColumn>): ColumnTable => {
  const table = createTable(columns as unknown as Record<string, ArrayLike<unknown>>);
  return like.isFiltered() ? table.create({ filter: like.mask() }) : table;
};
