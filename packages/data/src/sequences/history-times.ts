/** When the items of some histories were met, and when each history is asked about. In seconds, as a batch has them. */
export interface HistoryTimes {
  /** For each history, the time of each of its items, float64. Borrowed. */
  readonly times: readonly Float64Array[];
  /** For each history, the time of the request. */
  readonly at: ArrayLike<number>;
}
