import { setImmediate as nextTask, setTimeout as sleep } from 'node:timers/promises';
import type { Memory, MpiLibrary } from './library.js';
import { roundsOf } from './rounds.js';

/** Most bytes of a call. */
const mostBytes = 2 ** 31 - 1;
/** How often a rank that waits asks at once, and then between two tasks, until it sleeps a millisecond between two questions. */
const [quickPolls, patientPolls] = [200, 2000];

/**
 * The processes that `mpirun` has started. `fit` of `@recsys/training` takes it as its `communicator`.
 *
 * @example
 * const communicator = await openMpi();
 * const names = await communicator.allgather(new TextEncoder().encode(hostname())); // one for each rank
 */
export class MpiCommunicator {
  /** Number of this process, 0 .. size - 1. */
  readonly rank: number;
  /** Number of processes, >= 1. */
  readonly size: number;
  readonly #library: MpiLibrary;
  #memory: Record<'sent' | 'received' | 'counts' | 'starts' | 'request', Memory>;
  #received = 0;
  #isClosed = false;

  /** @internal call `openMpi` */
  constructor(library: MpiLibrary) {
    this.#library = library;
    this.rank = library.rank();
    this.size = library.size();
    const numbers = () => library.allocate(4 * this.size);
    const [sent, received] = [library.allocate(1024), library.allocate(1024 * this.size)];
    this.#memory = { sent, received, counts: numbers(), starts: numbers(), request: library.allocate(8) };
  }

  /** Bytes that the other ranks have given to this one so far, without what MPI adds. */
  get bytesReceived(): number {
    return this.#received;
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Gives bytes to every rank and returns those of all ranks, by rank. All ranks must call it; a rank that waits for others leaves the
   * processor to them.
   * @param bytes of any length, on each rank another.
   */
  async allgather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const lengths = await this.#lengths(bytes.length);
    const all = lengths.map((length) => new Uint8Array(length));
    const { counts, starts, request } = this.#memory;
    for (const round of roundsOf(lengths, mostBytes)) {
      const own = round.counts[this.rank];
      const sent = this.#atLeast('sent', own);
      const received = this.#atLeast('received', round.starts.at(-1)! + round.counts.at(-1)!);
      sent.bytes.set(bytes.subarray(round.from, round.from + own));
      integersOf(counts).set(round.counts);
      integersOf(starts).set(round.starts);
      this.#library.startAllgatherv(sent, own, received, counts, starts, request);
      await this.#done();
      all.forEach((of, rank) => {
        const start = round.starts[rank];
        of.set(received.bytes.subarray(start, start + round.counts[rank]), round.from);
      });
    }
    this.#received += lengths.reduce((sum, length) => sum + length, -lengths[this.rank]);
    return all;
  }

  /** Waits for all ranks and ends MPI, which cannot be opened again in this process. May be called again. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#lengths(0); // MPI itself would wait for the others with a busy processor
    this.#isClosed = true;
    for (const memory of Object.values(this.#memory)) this.#library.free(memory);
    this.#library.finalize();
  }

  /** Returns the length that each rank gives. */
  async #lengths(own: number): Promise<number[]> {
    const { sent, received, request } = this.#memory;
    floatsOf(sent)[0] = own;
    this.#library.startAllgather(sent, 8, received, request);
    await this.#done();
    return [...floatsOf(received).subarray(0, this.size)];
  }

  async #done(): Promise<void> {
    for (let polls = 0; !this.#library.isDone(this.#memory.request); polls++) {
      if (polls > patientPolls) await sleep(1);
      else if (polls > quickPolls) await nextTask();
    }
  }

  #atLeast(name: 'sent' | 'received', bytes: number): Memory {
    const memory = this.#memory[name];
    if (memory.bytes.length >= bytes) return memory;
    this.#library.free(memory);
    this.#memory[name] = this.#library.allocate(Math.ceil(1.25 * bytes));
    return this.#memory[name];
  }
}

const integersOf = ({ bytes }: Memory) => new Int32Array(bytes.buffer, 0, bytes.length >> 2);
const floatsOf = ({ bytes }: Memory) => new Float64Array(bytes.buffer, 0, bytes.length >> 3);
