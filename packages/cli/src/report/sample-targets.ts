import { type EvaluationSet, Rng } from '@recsys/data';

/** Returns a seeded sample of the targets of a set, in its order; the whole set if it has no more. */
export const sampleTargets = (set: EvaluationSet, count: number): EvaluationSet => {
  if (count >= set.users.length) return set;
  const order = new Rng(0, set.users.length).shuffle(Uint32Array.from(set.users.keys()));
  return entriesOf(set, order.subarray(0, count).sort());
};

/** Returns some entries of a set, as a set. */
export const entriesOf = (set: EvaluationSet, entries: Uint32Array): EvaluationSet => ({
  ...set,
  users: entries.map((entry) => set.users[entry]),
  historyEnds: entries.map((entry) => set.historyEnds[entry]),
  trainEnds: entries.map((entry) => set.trainEnds[entry]),
  targets: Int32Array.from(entries, (entry) => set.targets[entry]),
});

/** Returns how many targets are tested: all, but not so many that it takes more than about a minute. */
export const targetsFor = (items: number): number => Math.max(1000, Math.min(20_000, Math.floor(2e9 / items)));

/** Returns how many histories all items are scored for. */
export const scoredFor = (items: number): number => Math.max(50, Math.min(2000, Math.floor(1e8 / items)));
