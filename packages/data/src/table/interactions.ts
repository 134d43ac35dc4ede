import { type Advice, assertKnownOptions } from '@recsys/errors';
import { type ColumnTable, table as createTable } from 'arquero';
import { DataError } from '../errors.js';
import { encodeColumn, type IdColumn, IdEncoder } from './id-column.js';
import type { Id } from './id-map.js';
import { isNumberColumn, type NumberColumn, NumberColumnBuilder } from './number-column.js';

/** Which columns of a table hold the interactions. */
export interface InteractionColumns {
  /** Column of user ids. */
  user: string;
  /** Column of item ids. */
  item: string;
  /** Column of times. Absent: there are no times, and the rows of a user are in time order. */
  timestamp?: string;
  /** Column of ratings. Absent: the ratings of a file are not read, and those of a table are kept unchecked. */
  rating?: string;
}

/** What to do if a table does not have the column that was looked for. */
export const adviceOnColumns: Advice = { option: 'columns', purpose: 'to name the columns of your data' };

/**
 * Interactions of users with items: an arquero table with the columns `user` and `item` (strings or finite numbers), `timestamp` if the source
 * has times (numbers, in the unit of the source), and `rating` if ratings were read (numbers). You can apply any arquero verb to `table` and wrap the
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

  /** @internal Use `fromTable` or `readInteractions`. */
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
 * Returns the interactions in an arquero table. The result has the columns `user`, `item`, `timestamp` and `rating` beside the table's own.
 *
 * @param options.columns names of the columns of user, item, timestamp and rating. Default: columns with just these names, where ratings are not
 *   checked.
 * @throws {DataError} on an unknown option, a missing column, an id that is not a string or finite number, a time that is not a number or Date, or
 *   a rating that is not a number, if `columns` names ratings.
 * @example
 * const table = aq.table({ who: ['ann', 'ann'], what: ['tea', 'jam'], when: [1, 2] });
 * const interactions = fromTable(table, { columns: { user: 'who', item: 'what', timestamp: 'when' } });
 * interactions.size; // 2
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

/** Returns columns as a table. The rows that are hidden in another table are hidden in it, too. */
const tableOf = (like: ColumnTable, columns: Record<string, IdColumn | NumberColumn>): ColumnTable => {
  const table = createTable(columns as unknown as Record<string, ArrayLike<unknown>>);
  return like.isFiltered() ? table.create({ filter: like.mask() }) : table;
};

/** Collects interactions row by row. Each takes 12 bytes, or 16 if times are not 32-bit integers; distinct ids are stored once. */
export class InteractionsBuilder {
  readonly #users = new IdEncoder();
  readonly #items = new IdEncoder();
  readonly #times = new NumberColumnBuilder();
  readonly #ratings = new NumberColumnBuilder();
  #size = 0;
  skipped = 0;

  /** Adds a row. All rows must have a timestamp, or none; the same holds for ratings. */
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

  /** @throws {DataError} when only some rows have a timestamp or rating, as in files with different columns. */
  build(): Interactions {
    const [timestamp, rating] = [this.#times.values(), this.#ratings.values()];
    for (const [what, { length }] of Object.entries({ timestamp, rating })) {
      if (length !== 0 && length !== this.#size)
        throw new DataError(
          'bad-data',
          `${length} of ${this.#size} interactions have a ${what}; either all or none must have one`,
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
