import { type EvaluationSet, Rng } from '@recsys/data';

/**
 * Returns a seeded sample of the targets of a set, in the order of the set: the one that `evaluate` ranks with `sampleTargets`. It is the whole set
 * if that has no more targets.
 *
 * @param options.count number of targets, >= 1.
 * @param options.seed integer. Default 0.
 * @example
 * sampleOfTargets(split.test, { count: 1000 }).users.length; // 1000
 */
export const sampleOfTargets = (
  set: EvaluationSet,
  { count, seed = 0 }: { readonly count: number; readonly seed?: number },
): EvaluationSet => {
  if (count >= set.users.length) return set;
  const order = new Rng(seed, set.users.length).shuffle(Uint32Array.from(set.users.keys()));
  const entries = order.subarray(0, count).sort();
  return {
    ...set,
    users: entries.map((entry) => set.users[entry]),
    historyEnds: entries.map((entry) => set.historyEnds[entry]),
    trainEnds: entries.map((entry) => set.trainEnds[entry]),
    targets: Int32Array.from(entries, (entry) => set.targets[entry]),
  };
};
