import { table as createTable } from 'arquero';
import { DataError } from '../errors.js';
import type { InteractionOrder } from '../times/index.js';
import { IdColumn, IdEncoder } from './id-column.js';
import type { Id } from './id-map.js';
import { Interactions } from './interactions.js';
import { type NumberColumn, NumberColumnBuilder } from './number-column.js';

/** Collects interactions row by row. Each takes 12 bytes, or 16 if times are not 32-bit integers; distinct ids are stored once. */
export class InteractionsBuilder {
  readonly #users = new IdEncoder();
  readonly #items = new IdEncoder();
  readonly #times = new NumberColumnBuilder();
  /** What times have beyond the digits of a double, from the first row that has something. */
  #rests: NumberColumnBuilder | undefined;
  readonly #ratings = new NumberColumnBuilder();
  #size = 0;
  skipped = 0;

  /** Number of interactions so far. */
  get size(): number {
    return this.#size;
  }

  /** Returns the code of an id, for `addCoded`. */
  codeOf(what: 'user' | 'item', id: Id): number {
    return (what === 'user' ? this.#users : this.#items).codeOf(id);
  }

  /**
   * Adds a row. All rows must have a timestamp, or none; the same holds for ratings.
   * @param values.rest orders rows with equal timestamps. Default 0.
   */
  add(
    user: Id,
    item: Id,
    {
      timestamp,
      rest = 0,
      rating,
    }: { timestamp?: number | undefined; rest?: number | undefined; rating?: number | undefined } = {},
  ): void {
    this.#users.add(user);
    this.#items.add(item);
    this.#addValues(timestamp, rest, rating);
  }

  /** Adds a row without a rating, whose ids have these codes. */
  addCoded(user: number, item: number, timestamp: number | undefined, rest: number): void {
    this.#users.addCode(user);
    this.#items.addCode(item);
    this.#addValues(timestamp, rest, undefined);
  }

  #addValues(timestamp: number | undefined, rest: number, rating: number | undefined): void {
    if (timestamp !== undefined) this.#times.add(timestamp);
    if (rest !== 0 && this.#rests === undefined) {
      this.#rests = new NumberColumnBuilder();
      for (let row = 0; row < this.#size; row++) this.#rests.add(0);
    }
    this.#rests?.add(rest);
    if (rating !== undefined) this.#ratings.add(rating);
    this.#size += 1;
  }

  /**
   * Returns the interactions. Where times are finer than their column can hold, rows are in time order; else they are in the order of the source.
   * @throws {DataError} when only some rows have a timestamp or rating, as in files with different columns.
   */
  build({ finer, ...order }: InteractionOrder): Interactions {
    const [timestamp, rating] = [this.#times.values(), this.#ratings.values()];
    for (const [what, { length }] of Object.entries({ timestamp, rating })) {
      if (length !== 0 && length !== this.#size)
        throw new DataError(
          'bad-data',
          `${length} of ${this.#size} interactions have a ${what}; either all or none must have one`,
        );
    }
    const rows = finer ? orderOfTies(timestamp, this.#rests?.values()) : undefined;
    const sorted = <Column extends NumberColumn>(column: Column): Column =>
      rows === undefined ? column : (column.map((_, place) => column[rows[place]]) as Column);
    const [user, item] = [this.#users.column(), this.#items.column()];
    const columns = {
      user: new IdColumn(user.ids, sorted(user.codes)),
      item: new IdColumn(item.ids, sorted(item.codes)),
      ...(timestamp.length > 0 && { timestamp: sorted(timestamp) }),
      ...(rating.length > 0 && { rating: sorted(rating) }),
    };
    return new Interactions(createTable(columns as unknown as Record<string, ArrayLike<unknown>>), {
      skipped: this.skipped,
      order: { ...order, ...(rows !== undefined && { finer }) },
    });
  }
}

/** Returns rows in the order of their times and the rests of these, or undefined if no two rows with equal times have different rests. */
const orderOfTies = (times: NumberColumn, rests: NumberColumn | undefined): Uint32Array | undefined => {
  if (rests === undefined) return undefined;
  const rows = Uint32Array.from(times, (_, row) => row);
  rows.sort((a, b) => times[a] - times[b] || rests[a] - rests[b] || a - b);
  const isTie = (row: number, place: number) =>
    place > 0 && times[row] === times[rows[place - 1]] && rests[row] !== rests[rows[place - 1]];
  return rows.some(isTie) ? rows : undefined;
};
