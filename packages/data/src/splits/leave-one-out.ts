import type { UserSequences } from '../sequences/user-sequences.js';
import type { EvaluationSet, Split } from './split.js';

/**
 * Returns the split of the SASRec paper: of each user with at least 3 interactions the newest is the test target, the one before the
 * validation target, and the rest is for training; other users are for training alone (Kang & McAuley 2018, section IV-A).
 *
 * All parts are views over the arrays of `sequences`. The history of a test target includes the validation target.
 */
export const leaveOneOut = (sequences: UserSequences): Split => {
  const { offsets, ends, items } = sequences;
  const isEvaluated = (user: number) => ends[user] - offsets[user] >= 3;
  const users = Uint32Array.from([...ends.keys()].filter(isEvaluated));
  const trainEnds = users.map((user) => ends[user] - 2);
  const evaluationSet = (part: EvaluationSet['part'], targetAt: Uint32Array): EvaluationSet => ({
    part,
    sequences,
    users,
    historyEnds: targetAt,
    trainEnds,
    targets: Int32Array.from(targetAt, (at) => items[at]),
  });
  return {
    train: { ...sequences, ends: ends.map((end, user) => (isEvaluated(user) ? end - 2 : end)) },
    validation: evaluationSet('validation', trainEnds),
    test: evaluationSet(
      'test',
      users.map((user) => ends[user] - 1),
    ),
    catalog: sequences.catalog,
    users: sequences.users,
  };
};

/** Returns the histories of entries `start .. end - 1` of an evaluation set, oldest item first; views, not copies. */
export const evaluationHistories = (set: EvaluationSet, start: number, end: number): Int32Array[] => {
  const { offsets, items } = set.sequences;
  return Array.from({ length: end - start }, (_, i) =>
    items.subarray(offsets[set.users[start + i]], set.historyEnds[start + i]),
  );
};
