import type { Split } from './split.js';

/**
 * Returns a split whose train part goes on to the validation targets, with no validation part. To train once more, for the number of epochs that
 * validation has chosen, on all that is not tested: the newest interactions tell most about the next one. Views, not copies.
 *
 * @example
 * const { best } = await fit(model, split, { epochs: 60, seed: 1 });
 * const final = new SASRec({ ...model.config });
 * await fit(final, withValidation(split), { epochs: best.epoch, seed: 1, validation: false });
 */
export const withValidation = (split: Split): Split => {
  const { train, validation, test } = split;
  const ends = train.ends.slice();
  validation.users.forEach((user, entry) => {
    ends[user] = Math.max(ends[user], validation.historyEnds[entry] + 1);
  });
  const none = new Uint32Array(0);
  return {
    ...split,
    train: { ...train, ends },
    validation: { ...validation, users: none, historyEnds: none, trainEnds: none, targets: new Int32Array(0) },
    test: { ...test, trainEnds: test.users.map((user) => ends[user]) },
  };
};
