/**
 * A packed batch of sequences: no padding is stored. Sequence `b` owns tokens `offsets[b] … offsets[b + 1] - 1`, oldest first.
 * A batch made for inference has empty `targets` and `negatives`.
 */
export interface SequenceBatch {
  /** Number of sequences, B. */
  readonly size: number;
  /** int32 `[B + 1]`, ascending; `offsets[B]` is the number of tokens. */
  readonly offsets: Int32Array;
  /** int32 `[tokens]`, inputs, 1..numItems. */
  readonly items: Int32Array;
  /** int32 `[tokens]`, `maxLength - length + j` for token `j` of a sequence: the newest item is always at `maxLength - 1`. */
  readonly positions: Int32Array;
  /** int32 `[tokens]`, the item that follows each token. */
  readonly targets: Int32Array;
  /**
   * int32 `[tokens * numNegatives]`, those of token `t` at `t * numNegatives … (t + 1) * numNegatives - 1`; or `[size * numNegatives]`, where
   * the tokens of a sequence share them.
   */
  readonly negatives: Int32Array;
  readonly numNegatives: number;
}
