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

/** One target to rank per entry: a user's history, and the item that came next. Views over the arrays of the whole sequences. */
export interface EvaluationSet {
  /** Which part of the split this is. */
  readonly part: 'validation' | 'test';
  /** The whole sequences that the other fields point into. */
  readonly sequences: UserSequences;
  /** User row of each entry. */
  readonly users: Uint32Array;
  /** Exclusive end in `sequences.items` of each entry's history, which starts at `sequences.offsets[user]`. */
  readonly historyEnds: Uint32Array;
  /** Exclusive end in `sequences.items` of each entry's TRAIN part, which starts at `sequences.offsets[user]`. */
  readonly trainEnds: Uint32Array;
  /** The item to rank, 1..numItems. */
  readonly targets: Int32Array;
}

/** Train, validation and test parts of one set of sequences; views over the same arrays, no copies. */
export interface Split {
  readonly train: UserSequences;
  readonly validation: EvaluationSet;
  readonly test: EvaluationSet;
  /** Outside ids of the items. */
  readonly catalog: IdMap;
  /** Outside ids of the users. */
  readonly users: IdMap;
}

/**
 * A packed batch of sequences: no padding is stored. Sequence `b` owns tokens `offsets[b] … offsets[b + 1] - 1`, oldest first.
 * A batch made for inference has empty `targets` and `negatives`.
 */
export interface SequenceBatch {
  /** Number of sequences, B. */
  readonly size: number;
  /** int32 `[B + 1]`, ascending; `offsets[B]` is the number of tokens. */
  readonly offsets: Int32Array;
  /** int32 `[tokens]`, inputs, 1..numItems. */
  readonly items: Int32Array;
  /** int32 `[tokens]`, `maxLength - length + j` for token `j` of a sequence: the newest item is always at `maxLength - 1`. */
  readonly positions: Int32Array;
  /** int32 `[tokens]`, the item that follows each token. */
  readonly targets: Int32Array;
  /**
   * int32 `[tokens * numNegatives]`, those of token `t` at `t * numNegatives … (t + 1) * numNegatives - 1`; or `[size * numNegatives]`, where
   * the tokens of a sequence share them.
   */
  readonly negatives: Int32Array;
  readonly numNegatives: number;
}
