import type { UserSequences } from '../sequences/user-sequences.js';
import type { IdMap } from '../table/id-map.js';

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
