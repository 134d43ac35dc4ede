import type { IdMap } from '../table/id-map.js';

/**
 * The interactions of every user in time order, as compressed rows (CSR). It is a plain object of typed arrays, so `postMessage` can send it.
 *
 * The sequence of user row `u` is `items[offsets[u]] … items[ends[u] - 1]`. The parts of a split share `offsets`, `items` and `timestamps` with
 * the whole and differ only in `ends`, so nothing is copied.
 */
export interface UserSequences {
  /** Start of each user's sequence in `items`, uint32 `[numUsers + 1]`; the last value is the end of the last whole sequence. */
  readonly offsets: Uint32Array;
  /** Exclusive end of each user's sequence, uint32 `[numUsers]`, with `offsets[u] <= ends[u] <= offsets[u + 1]`. */
  readonly ends: Uint32Array;
  /** Item indices, int32 `[numInteractions]`, 1..numItems, oldest first within a user. */
  readonly items: Int32Array;
  /** Time of each interaction, float64 `[numInteractions]`, in the unit of the source. Absent if the source has no times. */
  readonly timestamps?: Float64Array;
  /** Seconds in one unit of `timestamps`, such as 0.001 for milliseconds. Default 1; also for numbers that are no times of the calendar, such as steps. */
  readonly timeUnit?: number;
  /** Ids of the users in your data; the first user is row 0. */
  readonly users: IdMap;
  /** Ids of the items in your data; the first item is index 1, because 0 is the pad. */
  readonly catalog: IdMap;
}
