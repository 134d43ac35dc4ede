import type { UserSequences } from '../sequences/user-sequences.js';
import type { IdMap } from '../table/id-map.js';

/** Targets to rank, each with the user's history before it. Histories are views over the arrays of the whole sequences. */
export interface EvaluationSet {
  /** Which part of the split this is. */
  readonly part: 'validation' | 'test';
  /** The whole sequences, which the other fields point into. */
  readonly sequences: UserSequences;
  /** Row of the user of each target, uint32 `[numTargets]`. */
  readonly users: Uint32Array;
  /** Exclusive end of each target's history in `sequences.items`, uint32 `[numTargets]`. The history starts at `sequences.offsets[user]`. */
  readonly historyEnds: Uint32Array;
  /** Exclusive end of the user's TRAIN part in `sequences.items`, uint32 `[numTargets]`. It starts at `sequences.offsets[user]`. */
  readonly trainEnds: Uint32Array;
  /** The items to rank, int32 `[numTargets]`, 1..numItems. */
  readonly targets: Int32Array;
}

/** The train, validation and test parts of sequences: views over the same arrays, not copies. */
export interface Split {
  /** Sequences to train on. */
  readonly train: UserSequences;
  /** Targets to choose a model by. */
  readonly validation: EvaluationSet;
  /** Targets to measure the chosen model with. */
  readonly test: EvaluationSet;
  /** Ids of the items in your data. */
  readonly catalog: IdMap;
  /** Ids of the users in your data. */
  readonly users: IdMap;
}
