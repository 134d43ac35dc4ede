import { evaluationHistories, type Split, type UserSequences } from '../index.js';
import { sequencesOf } from '../test-support.js';

/** Of a split without leakage. */
export const noLeakage = {
  targetsInTraining: 0,
  targetsInHistory: 0,
  historiesAfterTarget: 0,
  trainingAfterFirstTarget: 0,
};

/** Sequences with a time for each item, in time order within a user. */
export const timed = (...users: [item: number, time: number][][]): UserSequences => ({
  ...sequencesOf(50, ...users.map((user) => user.map(([item]) => item))),
  timestamps: Float64Array.from(users.flat(), ([, time]) => time),
});

/** Returns user, history and target of each entry of the validation part, then of the test part. */
export const entriesOf = ({ validation, test }: Split) =>
  [validation, test].map((set) =>
    evaluationHistories(set, 0, set.users.length).map((history, entry) => [
      set.users[entry],
      [...history],
      set.targets[entry],
    ]),
  );

/** Returns the items that each user trains on. */
export const trainOf = ({ train }: Split) =>
  [...train.ends].map((end, user) => [...train.items.subarray(train.offsets[user], end)]);
