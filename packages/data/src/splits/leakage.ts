import type { EvaluationSet, Split } from './split.js';

/** Ways in which a split lets a model see what it is tested on; all 0 for a split without leakage. */
export interface Leakage {
  /** Targets that are in their user's train part. */
  readonly targetsInTraining: number;
  /** Targets that are not where their history ends or after: the history holds them, or they are not in the sequence. */
  readonly targetsInHistory: number;
  /** Entries with a history item later than the target. 0 without timestamps. */
  readonly historiesAfterTarget: number;
  /**
   * Training interactions of any user at or after the first target: what a model in use could not have been trained on. Above 0 in every split by user,
   * `leaveOneOut` among them; 0 in `temporalSplit`. 0 without timestamps.
   */
  readonly trainingAfterFirstTarget: number;
}

/** Returns where a split, of this package or of your own, leaks. */
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
        firstTarget = Math.min(firstTarget, time);
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

/** Returns where in the sequence a target is, from the end of its history on; -1 when it is not there. */
const placeOfTarget = (
  { sequences: { items, offsets }, users, historyEnds, targets }: EvaluationSet,
  entry: number,
) => {
  const end = offsets[users[entry] + 1];
  for (let at = historyEnds[entry]; at < end; at++) if (items[at] === targets[entry]) return at;
  return -1;
};
