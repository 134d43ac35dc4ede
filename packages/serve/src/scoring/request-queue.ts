import { blockSize } from '@recsys/model';
import { ServeError } from '../errors.js';
import type { Outcome, ScoreRequest } from '../thread/index.js';
import { ThreadEnded } from './scoring-thread.js';
import type { ThreadGroup } from './thread-group.js';

interface QueueSettings {
  /** Most requests that wait. */
  readonly maxQueue: number;
  /** Most ms that a request may be expected to wait; beyond it is refused. */
  readonly maxWait: number;
  /** Most requests that are scored together. */
  readonly maxBatch: number;
  /** ms that the first request of a batch waits for others. */
  readonly batchWait: number;
  /** Told of each batch that was scored. */
  readonly onBatch: (size: number, seconds: number) => void;
}

/** An outcome, and the version of the model that gave it. */
export interface Scored {
  readonly outcome: Outcome;
  readonly version: string;
}

interface Waiting {
  readonly request: ScoreRequest;
  readonly resolve: (scored: Scored) => void;
  readonly reject: (error: Error) => void;
  /** When it came, by the clock of `performance.now`. */
  readonly since: number;
  /** Threads that ended while they worked on it. */
  losses: number;
}

/** ms that requests wait longer while no thread is there. */
const restartTime = 10_000;

/** Weight of the newest batch in the mean time of a batch. */
const smoothing = 0.2;

/** Requests that wait for a scoring thread. Those that arrive together are scored together. */
export class RequestQueue {
  readonly #settings: QueueSettings;
  #waiting: Waiting[] = [];
  #group: ThreadGroup | undefined;
  /** Mean ms that a thread takes for a batch; 0 before the first one. */
  #batchTime = 0;
  #batchSize = 1;
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: QueueSettings) {
    this.#settings = settings;
  }

  /** Requests that no thread has taken. */
  get length(): number {
    return this.#waiting.length;
  }

  /** How many requests the threads work on at once. */
  get together(): number {
    return this.#batchSize * Math.max(1, this.#group?.size ?? 1);
  }

  /** Lets another group of threads take the requests from now on. */
  use(group: ThreadGroup): void {
    this.#group = group;
    this.#batchTime = 0;
    // What the model scores in one go: more at a time would only make those behind it wait.
    this.#batchSize = Math.min(this.#settings.maxBatch, blockSize(group.info.items + 1));
    group.onIdle = () => this.#dispatch();
    this.#dispatch();
  }

  /**
   * Resolves to the outcomes of requests, when each has one.
   * @throws {ServeError} `overloaded` when they would wait for too long: all of them are refused then, or none.
   */
  async score(requests: readonly ScoreRequest[]): Promise<Scored[]> {
    if (this.#isClosed) throw new ServeError('not-ready', 'the service is closing');
    const { maxQueue, maxWait, batchWait } = this.#settings;
    // Those who come into the next batch are never refused: a batch that took long by chance must not end all work.
    const batches = Math.floor(this.#waiting.length / this.#batchSize);
    const wait = (batches * this.#batchTime) / Math.max(1, this.#group?.size ?? 1);
    if (this.#waiting.length + requests.length > maxQueue || wait > maxWait) throw overloaded(wait);
    const now = performance.now();
    const outcomes = requests.map(
      (request) =>
        new Promise<Scored>((resolve, reject) => {
          this.#waiting.push({ request, resolve, reject, since: now, losses: 0 });
        }),
    );
    this.#expiry ??= setInterval(() => this.#expire(), 50);
    // Timers come late when the event loop has much to do, so the clock is asked as well.
    if (this.#waiting.length >= this.#batchSize || now - this.#waiting[0].since >= batchWait) this.#dispatch();
    else this.#timer ??= setTimeout(() => this.#dispatch(), batchWait);
    const settled = await Promise.allSettled(outcomes);
    return settled.map((result) => {
      if (result.status === 'fulfilled') return result.value;
      throw result.reason;
    });
  }

  /** Refuses new requests, and resolves when those before have their answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    clearTimeout(this.#timer);
    clearInterval(this.#expiry);
  }

  /** Gives requests to threads that have nothing to do. */
  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#group;
    while (group !== undefined && this.#waiting.length > 0) {
      const thread = group.idle();
      if (thread === undefined) return;
      // One that lost a thread goes alone: it may be what ended it.
      const size = this.#waiting[0].losses > 0 ? 1 : this.#batchSize;
      void this.#run(group, thread, this.#waiting.splice(0, size));
    }
  }

  async #run(group: ThreadGroup, thread: Parameters<ThreadGroup['run']>[0], batch: Waiting[]): Promise<void> {
    const start = performance.now();
    try {
      const outcomes = await group.run(
        thread,
        batch.map(({ request }) => request),
      );
      const elapsed = performance.now() - start;
      this.#batchTime = this.#batchTime === 0 ? elapsed : (1 - smoothing) * this.#batchTime + smoothing * elapsed;
      this.#settings.onBatch(batch.length, elapsed / 1000);
      batch.forEach(({ resolve }, i) => {
        resolve({ outcome: outcomes[i], version: group.info.version });
      });
    } catch (error) {
      if (error instanceof ThreadEnded) this.#takeBack(batch);
      else for (const { reject } of batch) reject(error as Error);
    }
  }

  /** Puts requests whose thread ended before the others; one that lost two threads is refused. */
  #takeBack(batch: readonly Waiting[]): void {
    for (const own of batch) own.losses += 1;
    for (const own of batch.filter(({ losses }) => losses > 1))
      own.reject(new ServeError('thread-lost', 'a scoring thread ended while it worked on this request, twice'));
    this.#waiting.unshift(...batch.filter(({ losses }) => losses === 1));
    this.#dispatch();
  }

  #expire(): void {
    // While the last thread is started again, those that wait have more time.
    const allowed = this.#settings.maxWait + (this.#group?.size === 0 ? restartTime : 0);
    const latest = performance.now() - allowed;
    const expired = this.#waiting.filter(({ since }) => since <= latest);
    if (expired.length > 0) {
      this.#waiting = this.#waiting.filter(({ since }) => since > latest);
      for (const { reject } of expired) reject(overloaded(this.#settings.maxWait));
    }
    if (this.#waiting.length > 0) return;
    clearInterval(this.#expiry);
    this.#expiry = undefined;
  }
}

const overloaded = (wait: number): ServeError =>
  new ServeError('overloaded', 'more requests wait than can be answered in time; try again later', {
    retryAfter: Math.max(1, Math.ceil(wait / 1000)),
  });
