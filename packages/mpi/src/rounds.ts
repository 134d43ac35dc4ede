/** What one call gathers: `counts[rank]` bytes of each rank, from its byte `from` on. */
interface Round {
  readonly from: number;
  /** By rank, how many of its bytes. */
  readonly counts: readonly number[];
  /** By rank, where they begin among those of all ranks. */
  readonly starts: readonly number[];
}

/**
 * Returns the rounds in which bytes are gathered: MPI counts in int32, so that one call is for at most `most` bytes of all ranks together.
 * @param lengths by rank, how many bytes it gives.
 * @example
 * roundsOf([3, 1], 4); // [{ from: 0, counts: [2, 1], starts: [0, 2] }, { from: 2, counts: [1, 0], starts: [0, 1] }]
 */
export const roundsOf = (lengths: readonly number[], most: number): Round[] => {
  const each = Math.floor(most / lengths.length);
  const longest = Math.max(...lengths);
  return Array.from({ length: Math.ceil(longest / each) }, (_, round) => {
    const from = round * each;
    const counts = lengths.map((length) => Math.max(0, Math.min(each, length - from)));
    let end = 0;
    const starts = counts.map((count) => {
      end += count;
      return end - count;
    });
    return { from, counts, starts };
  });
};
