import type { UserSequences } from './user-sequences.js';

/** What recipes look at: counts of sequences, and nothing else. */
export interface DataCounts {
  /** Users with at least one interaction. */
  readonly users: number;
  /** Items of the catalog. */
  readonly items: number;
  readonly interactions: number;
  /** Mean number of interactions of a user. */
  readonly meanLength: number;
  /** Number of interactions that 95 % of the users do not exceed. */
  readonly longLength: number;
}

/**
 * Returns the counts of sequences; of a train part, those of its own interactions.
 *
 * @example
 * countData(split.train); // { users: 6040, items: 3416, interactions: 987531, meanLength: 163.5, longLength: 554 }
 */
export const countData = ({ offsets, ends, catalog }: UserSequences): DataCounts => {
  const lengths = Uint32Array.from(ends, (end, user) => end - offsets[user])
    .filter((length) => length > 0)
    .sort();
  const interactions = lengths.reduce((sum, length) => sum + length, 0);
  const users = lengths.length;
  return {
    users,
    items: catalog.ids.length,
    interactions,
    meanLength: users === 0 ? 0 : interactions / users,
    longLength: users === 0 ? 0 : lengths[Math.floor(0.95 * (users - 1))],
  };
};
