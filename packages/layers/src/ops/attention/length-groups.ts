/** Sequences of similar length, which composed attention processes as one dense batch with little padding. */
export interface LengthGroup {
  /** Length of the longest sequence, T. */
  readonly time: number;
  /** The sequences of the group, as indices into the batch; B of them. */
  readonly sequences: Int32Array;
  /** For each token of the group: its row in the packed batch. */
  readonly tokens: Int32Array;
  /** For each token of the group: its row in the group's `[B * T]` layout, where every sequence starts at time 0. */
  readonly slots: Int32Array;
}

/** Groups of a batch, by its offsets: all blocks and both passes of a step use the same ones. */
const groupsOf = new WeakMap<Int32Array, LengthGroup[]>();

/**
 * Groups the sequences of a batch by length: up to 8, (8, 16], (16, 32], … tokens. Empty sequences are in no group.
 * Attention costs T² per sequence, so this saves most of the work in batches of mostly short histories.
 *
 * @param offsets `[size + 1]`; must not change afterwards.
 */
export const groupByLength = (offsets: Int32Array): LengthGroup[] => {
  let groups = groupsOf.get(offsets);
  if (groups === undefined) {
    groups = [...bucketsOf(offsets).values()].map((sequences) => layOut(sequences, offsets));
    groupsOf.set(offsets, groups);
  }
  return groups;
};

const bucketsOf = (offsets: Int32Array): Map<number, number[]> => {
  const buckets = new Map<number, number[]>();
  for (let b = 0; b + 1 < offsets.length; b++) {
    const length = offsets[b + 1] - offsets[b];
    if (length === 0) continue;
    const bucket = Math.max(3, Math.ceil(Math.log2(length)));
    const members = buckets.get(bucket);
    if (members === undefined) buckets.set(bucket, [b]);
    else members.push(b);
  }
  return buckets;
};

const layOut = (sequences: readonly number[], offsets: Int32Array): LengthGroup => {
  const lengths = sequences.map((sequence) => offsets[sequence + 1] - offsets[sequence]);
  const time = Math.max(...lengths);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const tokens = new Int32Array(total);
  const slots = new Int32Array(total);
  let next = 0;
  sequences.forEach((sequence, row) => {
    for (let t = 0; t < lengths[row]; t++, next++) {
      tokens[next] = offsets[sequence] + t;
      slots[next] = row * time + t;
    }
  });
  return { time, sequences: Int32Array.from(sequences), tokens, slots };
};
