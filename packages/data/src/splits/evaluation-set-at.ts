import type { UserSequences } from '../sequences/user-sequences.js';
import type { EvaluationSet } from './split.js';

/** A target: the index of a user, and of the target's interaction in `sequences.items`. */
export interface Place {
  readonly user: number;
  readonly at: number;
}

/**
 * Returns the evaluation set of some targets. The history of a target is everything before it.
 *
 * @param trainEnds exclusive ends of the users' train parts in `sequences.items`.
 */
export const evaluationSetAt = (
  sequences: UserSequences,
  part: EvaluationSet['part'],
  places: readonly Place[],
  trainEnds: Uint32Array,
): EvaluationSet => ({
  part,
  sequences,
  users: Uint32Array.from(places, ({ user }) => user),
  historyEnds: Uint32Array.from(places, ({ at }) => at),
  trainEnds: Uint32Array.from(places, ({ user }) => trainEnds[user]),
  targets: Int32Array.from(places, ({ at }) => sequences.items[at]),
});
