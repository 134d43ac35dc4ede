/**
 * What processes that train together need of each other; `openMpi` of `@recsys/mpi` returns one. Ranks are numbered, and all of them call the
 * same functions equally often, in the same order.
 */
export interface Communicator {
  /** Number of this process, 0 .. size - 1. */
  readonly rank: number;
  /** Number of processes, >= 1. */
  readonly size: number;
  /** Gives bytes to every rank and returns those of all ranks, by rank. They may be of different lengths. */
  allgather(bytes: Uint8Array): Promise<Uint8Array[]>;
}
