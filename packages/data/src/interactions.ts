import { type ColumnTable, table as createTable } from 'arquero';
import { DataError } from './errors.js';
import { encodeColumn, type IdColumn, IdEncoder } from './id-column.js';
import type { Id } from './id-map.js';

/** Names of a table's columns that hold interactions. */
export interface InteractionColumns {
  user: string;
  item: string;
  /** Absent: the table has no times, and rows are in time order within a user. */
  timestamp?: string;
}

/**
 * User-item interactions: an arquero table with columns `user` and `item` (any string or finite number) and, where the source has
 * one, `timestamp` (numbers, in the unit of the source). `table` may be worked on with any arquero verb and wrapped again by `fromTable`.
 */
export class Interactions {
  /** Columns `user`, `item`, perhaps `timestamp`, and whatever else the source table had. */
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
 * Returns the interactions in an arquero table. Its own columns stay beside `user`, `item` and `timestamp`.
 *
 * @param options.columns which columns hold user, item and timestamp. Default: those of just these names.
 * @throws {DataError} on a missing column, an id that is not a string or finite number, or a time that is not a number or Date.
 */
export const fromTable = (table: ColumnTable, { columns }: { columns?: InteractionColumns } = {}): Interactions => {
  const hasTimes = table.columnNames().includes('timestamp');
  const { user, item, timestamp } = columns ?? {
    user: 'user',
    item: 'item',
    ...(hasTimes && { timestamp: 'timestamp' }),
  };
  for (const name of [user, item, ...(timestamp === undefined ? [] : [timestamp])]) {
    if (!table.columnNames().includes(name)) {
      throw new DataError(
        `fromTable: the table has no column "${name}"; it has ${table.columnNames().join(', ')}. Name yours with columns.`,
      );
    }
  }
  const own = {
    user: encodeColumn(table, user),
    item: encodeColumn(table, item),
    ...(timestamp !== undefined && { timestamp: timesOf(table, timestamp) }),
  };
  return new Interactions(table.assign(tableOf(table, own)));
};

const timesOf = (table: ColumnTable, name: string): Float64Array => {
  const column = table.column(name)!;
  if (column instanceof Float64Array) return column;
  const times = new Float64Array(table.totalRows());
  table.scan((row) => {
    const value: unknown = column.at(row!);
    const time = value instanceof Date ? value.getTime() : value;
    if (typeof time !== 'number' || !Number.isFinite(time)) {
      throw new DataError(
        `fromTable: column "${name}" must hold numbers or Dates, got ${JSON.stringify(value)} in row ${row}`,
      );
    }
    times[row!] = time;
  });
  return times;
};

/** Returns columns as a table with the same rows hidden as in another one. */
const tableOf = (like: ColumnTable, columns: Record<string, IdColumn | Float64Array>): ColumnTable => {
  const table = createTable(columns as unknown as Record<string, ArrayLike<unknown>>);
  return like.isFiltered() ? table.create({ filter: like.mask() }) : table;
};

/** Collects interactions row by row, in about 16 bytes each plus the distinct ids. */
export class InteractionsBuilder {
  readonly #users = new IdEncoder();
  readonly #items = new IdEncoder();
  #times: Float64Array | undefined;
  #size = 0;
  skipped = 0;

  add(user: Id, item: Id, timestamp?: number): void {
    this.#users.add(user);
    this.#items.add(item);
    if (timestamp !== undefined) {
      this.#times ??= new Float64Array(1024);
      if (this.#size === this.#times.length) {
        const larger = new Float64Array(2 * this.#size);
        larger.set(this.#times);
        this.#times = larger;
      }
      this.#times[this.#size] = timestamp;
    }
    this.#size += 1;
  }

  build(): Interactions {
    const columns = {
      user: this.#users.column(),
      item: this.#items.column(),
      ...(this.#times !== undefined && { timestamp: this.#times.subarray(0, this.#size) }),
    };
    return new Interactions(createTable(columns as unknown as Record<string, ArrayLike<unknown>>), this.skipped);
  }
}
