import { unusedTimes } from '../table/unordered.js';
import { isLikelyTime } from '../times/index.js';
import type { Places, WantedColumns } from './column-names.js';

/** Number of rows that are looked at. */
const numRows = 5;

/** Looks for times in the first rows of columns that are not used. */
export class UnusedTimes {
  readonly #name: string;
  readonly #fields: readonly string[];
  /** Places of columns that have had nothing but times so far. */
  #places: number[];
  #rows = 0;

  constructor(name: string, fields: readonly string[], places: Places) {
    this.#name = name;
    this.#fields = fields;
    const used = new Set(Object.values(places));
    this.#places = [...fields.keys()].filter((place) => !used.has(place));
  }

  /** @throws {DataError} `unordered`, when a column has had times in all of the first rows. */
  see(record: readonly unknown[]): void {
    if (this.#rows === numRows) return;
    this.#places = this.#places.filter((place) => isLikelyTime(record[place]));
    this.#rows += 1;
    if (this.#rows === numRows) this.#report();
  }

  /** The end of a file, which may be shorter than what is looked at. */
  end(): void {
    if (this.#rows > 0 && this.#rows < numRows) this.#report();
  }

  #report(): void {
    if (this.#places.length > 0) throw unusedTimes(this.#name, this.#fields[this.#places[0]]);
  }
}

/** Returns what looks for times in the rest of a file, if times are not used, and nobody said that they should not be. */
export const watchUnusedTimes = (
  name: string,
  { fields, places, wanted }: { fields: readonly string[]; places: Places; wanted: WantedColumns },
): UnusedTimes | undefined =>
  places.timestamp < 0 && wanted.columns?.timestamp !== false ? new UnusedTimes(name, fields, places) : undefined;
