import type { ColumnTable } from 'arquero';
import { DataError } from '../errors.js';
import type { Id } from './id-map.js';

/** An arquero column of ids. It stores each distinct id once, and 4 bytes per row. */
export class IdColumn {
  /** Distinct ids. Some may occur only in rows that a filter has hidden. */
  readonly ids: readonly Id[];
  /** Index in `ids` of the id of each row, int32 `[numRows]`. */
  readonly codes: Int32Array;

  constructor(ids: readonly Id[], codes: Int32Array) {
    this.ids = ids;
    this.codes = codes;
  }

  get length(): number {
    return this.codes.length;
  }

  at(row: number): Id {
    return this.ids[this.codes[row]];
  }

  *[Symbol.iterator](): Iterator<Id> {
    for (const code of this.codes) yield this.ids[code];
  }
}

/** Most entries of a JavaScript `Map`. */
const mostEntries = 2 ** 24;

/** Collects ids into an `IdColumn`. Ids with the same text are the same id. */
export class IdEncoder {
  readonly #maxIds: number;
  readonly #codeOf = new Map<string, number>();
  readonly #ids: Id[] = [];
  #codes = new Int32Array(1024);
  #size = 0;

  constructor(maxIds = mostEntries) {
    this.#maxIds = maxIds;
  }

  add(id: Id): void {
    this.addCode(this.codeOf(id));
  }

  /** Adds the id of a code that `codeOf` has returned. */
  addCode(code: number): void {
    if (this.#size === this.#codes.length) {
      const larger = new Int32Array(2 * this.#size);
      larger.set(this.#codes);
      this.#codes = larger;
    }
    this.#codes[this.#size++] = code;
  }

  /**
   * Returns the code of an id, which is new if the id is.
   * @throws {DataError} on more distinct ids than a `Map` can hold.
   */
  codeOf(id: Id): number {
    const text = String(id);
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      code = this.#ids.length;
      if (code === this.#maxIds)
        throw new DataError(
          'bad-data',
          `there are more than ${this.#maxIds} distinct users or items; the next one is ${JSON.stringify(id)}`,
        );
      // A slice of a chunk would keep the whole chunk alive.
      this.#ids.push(typeof id === 'string' ? detached(id) : id);
      this.#codeOf.set(String(this.#ids[code]), code);
    }
    return code;
  }

  get ids(): readonly Id[] {
    return this.#ids;
  }

  column(): IdColumn {
    // A view, not a copy: the rest of the array was never written, so it takes no memory.
    return new IdColumn(this.#ids, this.#codes.subarray(0, this.#size));
  }
}

/** Returns a copy of a string that shares no memory with the one it was cut from. */
const detached = (text: string): string => (text.length < 13 ? text : JSON.parse(JSON.stringify(text)));

/**
 * Returns a column of a table as an `IdColumn`: the column itself if it is one.
 * @throws {DataError} on a value that is not a string or finite number. The message has its row.
 */
export const encodeColumn = (table: ColumnTable, name: string): IdColumn => {
  const column = table.column(name)! as unknown as { at(row: number): unknown };
  if (column instanceof IdColumn) return column;
  const encoder = new IdEncoder();
  const codes = new Int32Array(table.totalRows());
  table.scan((row) => {
    const id = column.at(row!);
    if (typeof id !== 'string' && !(typeof id === 'number' && Number.isFinite(id))) {
      throw new DataError(
        'bad-data',
        `fromTable: column "${name}" must hold strings or finite numbers, got ${String(id)} in row ${row}`,
      );
    }
    codes[row!] = encoder.codeOf(id);
  });
  return new IdColumn(encoder.ids, codes);
};
