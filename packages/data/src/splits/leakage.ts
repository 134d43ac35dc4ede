import type { EvaluationSet, Split } from './split.js';

/** Counts of the ways in which a split lets a model see what it is tested on. All are 0 for a split without leakage. */
export interface Leakage {
  /** Number of targets that are in the train part of their user. */
  readonly targetsInTraining: number;
  /** Number of targets that are not found after their history: the history contains them, or the sequence does not. */
  readonly targetsInHistory: number;
  /** Number of targets with a later item in their history. 0 without timestamps. */
  readonly historiesAfterTarget: number;
  /**
   * Number of training interactions, of any user, at or after the time of the first test target: a deployed model could not have been trained on
   * them. It is usually above 0 for splits by user, such as `leaveOneOut`, and 0 for `temporalSplit`. 0 without timestamps.
   */
  readonly trainingAfterFirstTarget: number;
}

/**
 * Returns how a split leaks. The split may also be one that you have made yourself.
 *
 * @example
 * findLeakage(leaveOneOut(sequences));
 * // { targetsInTraining: 0, targetsInHistory: 0, historiesAfterTarget: 0, trainingAfterFirstTarget: 81234 }
 */
export const findLeakage = ({ train, validation, test }: Split): Leakage => {
  const counts = { targetsInTraining: 0, targetsInHistory: 0, historiesAfterTarget: 0 };
  let firstTarget = Number.POSITIVE_INFINITY;
  for (const set of [validation, test]) {
    const { timestamps, offsets } = set.sequences;
    set.users.forEach((user, entry) => {
      const historyEnd = set.historyEnds[entry];
      if (train.ends[user] > historyEnd) counts.targetsInTraining += 1;
      const at = placeOfTarget(set, entry);
      if (at < 0) counts.targetsInHistory += 1;
      else if (timestamps !== undefined) {
        const time = timestamps[at];
        if (set === test) firstTarget = Math.min(firstTarget, time);
        if (timestamps.subarray(offsets[user], historyEnd).some((earlier) => earlier > time))
          counts.historiesAfterTarget += 1;
      }
    });
  }
  let trainingAfterFirstTarget = 0;
  const { timestamps, offsets, ends } = train;
  if (timestamps !== undefined) {
    ends.forEach((end, user) => {
      for (let at = offsets[user]; at < end; at++) if (timestamps[at] >= firstTarget) trainingAfterFirstTarget += 1;
    });
  }
  return { ...counts, trainingAfterFirstTarget };
};

/** Returns the place of a target in `items`, at or after the end of its history; -1 if it is not there. */
const placeOfTarget = (
  { sequences: { items, offsets }, users, historyEnds, targets }: EvaluationSet,
  entry: number,
) => {
  const end = offsets[users[entry] + 1];
  for (let at = historyEnds[entry]; at < end; at++) if (items[at] === targets[entry]) return at;
  return -1;
};
