/**
 * Where the words of the fork-join protocol are, as indices into the control block. Words that threads write stand on
 * cache lines of their own.
 */
export const word = {
  /** Chunks that no thread has taken yet. */
  remaining: 0,
  /** Chunks that are done. */
  done: 16,
  /** Counts launches; idle threads wait on it. */
  wake: 32,
  quit: 48,
  /** 1 when a kernel trapped in a worker. */
  failed: 49,
  /** Workers that have started. */
  started: 50,
  /** The number of the kernel. */
  kernel: 64,
  count: 65,
  grain: 66,
  chunks: 67,
  scratch: 68,
  scratchBytes: 69,
};
