import type { IdMap } from '../table/id-map.js';

/**
 * The interactions of every user in time order, in compressed rows (CSR). A plain object of typed arrays: it goes through `postMessage`.
 *
 * The sequence of user row `u` is `items[offsets[u]] … items[ends[u] - 1]`. A split's parts share `offsets`, `items` and
 * `timestamps` with the whole and differ in `ends` alone, so nothing is copied.
 */
export interface UserSequences {
  /** Start of each user's sequence in `items`; length `users + 1`, and `offsets[users]` is the end of the last whole sequence. */
  readonly offsets: Uint32Array;
  /** Exclusive end of each user's sequence, `offsets[u] <= ends[u] <= offsets[u + 1]`; length `users`. */
  readonly ends: Uint32Array;
  /** Item indices, 1..numItems, oldest first within a user. */
  readonly items: Int32Array;
  /** Time of each interaction, in the unit of the source, where the source had one. Same length as `items`. */
  readonly timestamps?: Float64Array;
  /** Outside ids of the users; row `u` is index `u` (the first user is 0). */
  readonly users: IdMap;
  /** Outside ids of the items; the first item is 1, because 0 is the pad. */
  readonly catalog: IdMap;
}
