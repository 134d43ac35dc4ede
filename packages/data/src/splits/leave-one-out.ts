import type { HistoryTimes } from '../sequences/history-times.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { EvaluationSet, Split } from './split.js';

/**
 * Returns the split of the SASRec paper (Kang & McAuley 2018, section IV-A): the newest item of each user is the test target, the item before it
 * the validation target, and the rest is trained on. Users with fewer than 3 interactions are only trained on.
 *
 * The parts are views over the arrays of `sequences`, not copies. The history of a test target includes the validation target.
 *
 * @example
 * const split = leaveOneOut(toSequences(ratings));
 * const result = await fit(model, split, { epochs: 10, seed: 1 });
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

/**
 * Returns the histories of the targets `start .. end - 1` of an evaluation set, each oldest item first. They are views, not copies.
 *
 * @example
 * evaluationHistories(split.test, 0, 2); // [Int32Array, Int32Array]: the histories of test.targets[0] and test.targets[1]
 */
export const evaluationHistories = (set: EvaluationSet, start: number, end: number): Int32Array[] => {
  const { offsets, items } = set.sequences;
  return Array.from({ length: end - start }, (_, i) =>
    items.subarray(offsets[set.users[start + i]], set.historyEnds[start + i]),
  );
};

/**
 * Returns when the items of the histories of the targets `start .. end - 1` were met, and when each target was: the time of a request is that of
 * its target, as a service knows when it is asked. In seconds. Undefined for sequences without times.
 *
 * @example
 * evaluationTimes(split.test, 0, 2)?.at; // the times of test.targets[0] and test.targets[1]
 */
export const evaluationTimes = (set: EvaluationSet, start: number, end: number): HistoryTimes | undefined => {
  const { offsets, timestamps, timeUnit = 1 } = set.sequences;
  if (timestamps === undefined) return undefined;
  const entries = Array.from({ length: end - start }, (_, i) => start + i);
  return {
    times: entries.map((entry) =>
      timestamps.subarray(offsets[set.users[entry]], set.historyEnds[entry]).map((time) => time * timeUnit),
    ),
    at: entries.map((entry) => timestamps[set.historyEnds[entry]] * timeUnit),
  };
};
