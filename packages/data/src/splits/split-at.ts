import type { UserSequences } from '../sequences/user-sequences.js';
import type { EvaluationSet, Split } from './split.js';

/** Where the parts of a user's sequence end, as indices in `sequences.items`. */
interface Bounds {
  /** Exclusive end of the train part, and start of the validation part. */
  readonly train: number;
  /** Exclusive end of the validation part, and start of the test part. */
  readonly validation: number;
}

/**
 * Returns a split by bounds of each user. The targets of a part are all of its items, or only the first one. The history of a target is
 * everything before it; an item with nothing before it is not a target.
 */
export const splitAt = (
  sequences: UserSequences,
  boundsOf: (user: number) => Bounds,
  targets: 'all' | 'first',
): Split => {
  const { offsets, ends, items } = sequences;
  const trainEnds = new Uint32Array(ends.length);
  const places: Record<EvaluationSet['part'], { user: number; at: number }[]> = { validation: [], test: [] };
  for (let user = 0; user < ends.length; user++) {
    const { train, validation } = boundsOf(user);
    trainEnds[user] = train;
    for (const [part, start, end] of [
      ['validation', train, validation],
      ['test', validation, ends[user]],
    ] as const) {
      const last = targets === 'all' ? end : Math.min(end, start + 1);
      for (let at = Math.max(start, offsets[user] + 1); at < last; at++) places[part].push({ user, at });
    }
  }
  const evaluationSet = (part: EvaluationSet['part']): EvaluationSet => ({
    part,
    sequences,
    users: Uint32Array.from(places[part], ({ user }) => user),
    historyEnds: Uint32Array.from(places[part], ({ at }) => at),
    trainEnds: Uint32Array.from(places[part], ({ user }) => trainEnds[user]),
    targets: Int32Array.from(places[part], ({ at }) => items[at]),
  });
  return {
    train: { ...sequences, ends: trainEnds },
    validation: evaluationSet('validation'),
    test: evaluationSet('test'),
    catalog: sequences.catalog,
    users: sequences.users,
  };
};
