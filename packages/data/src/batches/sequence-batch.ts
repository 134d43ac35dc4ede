/**
 * A packed batch of sequences, stored without padding. Sequence `b` owns tokens `offsets[b] … offsets[b + 1] - 1`, oldest first. In a batch
 * for inference, `targets` and `negatives` are empty.
 */
export interface SequenceBatch {
  /** Number of sequences, B. */
  readonly size: number;
  /** int32 `[B + 1]`, ascending; `offsets[B]` is the number of tokens. */
  readonly offsets: Int32Array;
  /** int32 `[tokens]`, the input items, 1..numItems. */
  readonly items: Int32Array;
  /** int32 `[tokens]`, `maxLength - length + j` for token `j` of a sequence: the newest item is always at `maxLength - 1`. */
  readonly positions: Int32Array;
  /** int32 `[tokens]`, the item that follows each token. */
  readonly targets: Int32Array;
  /**
   * int32 `[tokens * numNegatives]`; those of token `t` are at `t * numNegatives … (t + 1) * numNegatives - 1`. With `sharedNegatives` it is
   * `[size * numNegatives]`: one row per sequence.
   */
  readonly negatives: Int32Array;
  /** Number of negatives per token, or per sequence with `sharedNegatives`. */
  readonly numNegatives: number;
  /** float64 `[tokens]`, when each item was met, in seconds: since 1970 if the data has such times. Absent if there are no times. */
  readonly times?: Float64Array;
  /**
   * float64 `[tokens]`, the time at which the item after each token is asked for, in seconds: that of the next item, which in training is the
   * target; for the newest token of a batch for inference, that of the request. Present where `times` are.
   */
  readonly queryTimes?: Float64Array;
}
