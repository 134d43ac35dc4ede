import { ServeError } from '../errors.js';

interface AdmissionSettings {
  /** Most requests that are taken at a time, however fast they are answered. */
  readonly maxQueue: number;
  /** Most ms that a request may wait. */
  readonly maxWait: number;
  /** Returns how many requests the scoring threads work on at once, >= 1. */
  readonly together: () => number;
}

/** Share of `maxWait` that answers should take at most; the other half is for what takes longer than the ones before. */
const aimedShare = 0.5;

/** Batches of every thread that are always taken: one is scored, one waits, one comes in. */
const leastBatches = 3;

/** ms between two changes of the limit, and how it changes: down by the excess, up step by step. */
const span = 250;
const lowest = 0.1;
const growth = 1.15;

/**
 * Keeps the requests that were taken and have no answer yet to as many as are answered in time. How long answers take is measured; it has in it
 * whatever is scarce, the threads or the event loop. When they take too long, fewer are taken; when they do not and some were refused, more.
 */
export class Admission {
  readonly #settings: AdmissionSettings;
  #taken = 0;
  #limit: number;
  /** Requests taken before it do not count: they waited for what an earlier limit let in. */
  #countFrom = 0;
  #spanStart = 0;
  /** Of this span: the longest time to an answer, in ms, the most that were taken, and whether one was too much. */
  #longest = 0;
  #most = 0;
  #isReached = false;

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
    this.#limit = settings.maxQueue;
  }

  /** Requests that were taken and have no answer. */
  get taken(): number {
    return this.#taken;
  }

  /** How many may be taken at a time. */
  get limit(): number {
    const { maxQueue, together } = this.#settings;
    return Math.min(maxQueue, Math.max(leastBatches * together(), Math.floor(this.#limit)));
  }

  /** Returns whether one more request is too much. */
  isFull(): boolean {
    if (this.#taken < this.limit) return false;
    this.#isReached = true;
    return true;
  }

  /** Does the work of some requests, which are taken until it is done. */
  async take<Answer>(requests: number, work: () => Promise<Answer>): Promise<Answer> {
    const start = performance.now();
    this.#taken += requests;
    this.#most = Math.max(this.#most, this.#taken);
    try {
      return await work();
    } finally {
      this.#taken -= requests;
      this.#measure(start, performance.now());
    }
  }

  #measure(start: number, now: number): void {
    if (start >= this.#countFrom) this.#longest = Math.max(this.#longest, now - start);
    if (now - this.#spanStart < span) return;
    const aim = aimedShare * this.#settings.maxWait;
    if (this.#longest > aim) {
      this.#limit = Math.min(this.#limit, this.#most) * Math.max(lowest, aim / this.#longest);
      this.#countFrom = now;
    } else if (this.#isReached) this.#limit = Math.min(this.#settings.maxQueue, growth * this.limit + 1);
    this.#spanStart = now;
    this.#longest = 0;
    this.#most = this.#taken;
    this.#isReached = false;
  }
}

/** Made once: it has no place in the code to tell, and to find one takes longer than all else of a refusal. */
export const overloaded = new ServeError(
  'overloaded',
  'more requests come than can be answered in time; try again later',
  { retryAfter: 1 },
);
