/**
 * Words of the fork-join protocol, as indices into the control block. Words that several threads write are on separate
 * cache lines.
 */
export const word = {
  /** Chunks that no thread has taken yet. */
  remaining: 0,
  /** Chunks that are done. */
  done: 16,
  /** Number of launches; idle threads wait on it. */
  wake: 32,
  quit: 48,
  /** 1 if a kernel trapped in a worker. */
  failed: 49,
  /** Workers that have started. */
  started: 50,
  /** Number of the kernel to run. */
  kernel: 64,
  count: 65,
  grain: 66,
  chunks: 67,
  scratch: 68,
  scratchBytes: 69,
};
