import { type Advice, assertKnownOptions } from '@recsys/errors';
import { type ColumnTable, table as createTable } from 'arquero';
import { DataError } from '../errors.js';
import { encodeColumn, type IdColumn, IdEncoder } from './id-column.js';
import type { Id } from './id-map.js';
import { isNumberColumn, type NumberColumn, NumberColumnBuilder } from './number-column.js';

/** Names of a table's columns that hold interactions. */
export interface InteractionColumns {
  user: string;
  item: string;
  /** Absent: the table has no times, and rows are in time order within a user. */
  timestamp?: string;
  /** Absent: the ratings of a file are not read; those of a table stay as they are. */
  rating?: string;
}

/** What to do where a table has no column of a name that was looked for. */
export const adviceOnColumns: Advice = { option: 'columns', purpose: 'to name the columns of your data' };

/**
 * User-item interactions: an arquero table with columns `user` and `item` (any string or finite number) and, where the source has
 * one, `timestamp` (numbers, in the unit of the source); where they were asked for, `rating` (numbers). `table` may be worked on with any arquero verb and wrapped again by `fromTable`.
 */
export class Interactions {
  /** Columns `user`, `item`, perhaps `timestamp` and `rating`, and whatever else the source table had. */
  readonly table: ColumnTable;
  /** Lines or rows of the source that could not be used and were skipped, where that was asked for. */
  readonly skipped: number;

  /** Use `fromTable` or `readInteractions`. @internal */
  constructor(table: ColumnTable, skipped = 0) {
    this.table = table;
    this.skipped = skipped;
  }

  /** Number of interactions. */
  get size(): number {
    return this.table.numRows();
  }
}

/**
 * Returns the interactions in an arquero table. Its own columns stay beside `user`, `item`, `timestamp` and `rating`.
 *
 * @param options.columns which columns hold user, item, timestamp and rating. Default: those of just these names; a rating is not checked then.
 * @throws {DataError} on a missing column, an id that is not a string or finite number, a time that is not a number or Date,
 *   or a named rating that is not a number.
 */
export const fromTable = (table: ColumnTable, options: { columns?: InteractionColumns } = {}): Interactions => {
  assertKnownOptions('fromTable', options, ['columns'], { ErrorClass: DataError });
  const { columns } = options;
  assertColumnRoles('fromTable', columns);
  const hasTimes = table.columnNames().includes('timestamp');
  const { user, item, timestamp, rating }: InteractionColumns = columns ?? {
    user: 'user',
    item: 'item',
    ...(hasTimes && { timestamp: 'timestamp' }),
  };
  for (const name of [user, item, timestamp, rating]) {
    if (name !== undefined && !table.columnNames().includes(name)) {
      throw new DataError(
        'bad-data',
        `fromTable: the table has no column "${name}"; it has ${table.columnNames().join(', ')}.`,
        { advice: adviceOnColumns },
      );
    }
  }
  const own = {
    user: encodeColumn(table, user),
    item: encodeColumn(table, item),
    ...(timestamp !== undefined && { timestamp: numbersOf(table, timestamp, 'numbers or Dates') }),
    ...(rating !== undefined && { rating: numbersOf(table, rating, 'numbers') }),
  };
  return new Interactions(table.assign(tableOf(table, own)));
};

/** @throws {DataError} when `columns` names a column for anything but user, item, timestamp and rating. */
export const assertColumnRoles = (where: string, columns: InteractionColumns | undefined): void =>
  assertKnownOptions(`${where}: columns`, columns ?? {}, ['user', 'item', 'timestamp', 'rating'], {
    ErrorClass: DataError,
  });

const numbersOf = (table: ColumnTable, name: string, allowed: 'numbers' | 'numbers or Dates'): NumberColumn => {
  const column = table.column(name)!;
  if (isNumberColumn(column) && column.every(Number.isFinite)) return column;
  const numbers = new Float64Array(table.totalRows());
  table.scan((row) => {
    const value: unknown = column.at(row!);
    const number = value instanceof Date && allowed === 'numbers or Dates' ? value.getTime() : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      const shown = typeof value === 'number' ? value : JSON.stringify(value);
      throw new DataError('bad-data', `fromTable: column "${name}" must hold ${allowed}, got ${shown} in row ${row}`);
    }
    numbers[row!] = number;
  });
  return numbers;
};

/** Returns columns as a table with the same rows hidden as in another one. */
const tableOf = (like: ColumnTable, columns: Record<string, IdColumn | NumberColumn>): ColumnTable => {
  const table = createTable(columns as unknown as Record<string, ArrayLike<unknown>>);
  return like.isFiltered() ? table.create({ filter: like.mask() }) : table;
};

/** Collects interactions row by row, in 12 bytes each (16 where times are not integers of 32 bits) plus the distinct ids. */
export class InteractionsBuilder {
  readonly #users = new IdEncoder();
  readonly #items = new IdEncoder();
  readonly #times = new NumberColumnBuilder();
  readonly #ratings = new NumberColumnBuilder();
  #size = 0;
  skipped = 0;

  /** Adds a row; all rows have a timestamp or none has, and likewise a rating. */
  add(
    user: Id,
    item: Id,
    { timestamp, rating }: { timestamp?: number | undefined; rating?: number | undefined } = {},
  ): void {
    this.#users.add(user);
    this.#items.add(item);
    if (timestamp !== undefined) this.#times.add(timestamp);
    if (rating !== undefined) this.#ratings.add(rating);
    this.#size += 1;
  }

  /** @throws {DataError} when only some of the rows have a timestamp or rating, as in files that differ. */
  build(): Interactions {
    const [timestamp, rating] = [this.#times.values(), this.#ratings.values()];
    for (const [what, { length }] of Object.entries({ timestamp, rating })) {
      if (length !== 0 && length !== this.#size)
        throw new DataError(
          'bad-data',
          `${length} of ${this.#size} interactions have a ${what}; all must have one, or none`,
        );
    }
    const columns = {
      user: this.#users.column(),
      item: this.#items.column(),
      ...(timestamp.length > 0 && { timestamp }),
      ...(rating.length > 0 && { rating }),
    };
    return new Interactions(createTable(columns as unknown as Record<string, ArrayLike<unknown>>), this.skipped);
  }
}
