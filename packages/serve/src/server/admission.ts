import { ServeError } from '../errors.js';

interface AdmissionSettings {
  /** Most requests that are taken at a time, however fast they are answered. */
  readonly maxQueue: number;
  /** Most ms that a request may wait. */
  readonly maxWait: number;
  /** Returns how many requests the scoring threads work on at once, >= 1. */
  readonly together: () => number;
}

/** Share of `maxWait` that a request may be expected to wait; the other half is for what takes longer than expected. */
const expectedShare = 0.5;

/** Batches of every thread that are always taken: one is scored, one waits, one comes in. */
const leastBatches = 3;

/** ms over which the rate is measured, and the weight of the newest one. */
const span = 250;
const smoothing = 0.5;

/**
 * Keeps the requests that were taken and have no answer yet to as many as are answered in time. What one more would wait is known from the rate at
 * which answers leave while there is more to do than the threads do at once: it has in it whatever is scarce, the threads or the event loop.
 */
export class Admission {
  readonly #settings: AdmissionSettings;
  #taken = 0;
  /** Answers per ms; undefined until there was too much to do for a while. */
  #rate: number | undefined;
  #spanStart: number | undefined;
  #spanAnswers = 0;

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
  }

  /** Requests that were taken and have no answer. */
  get taken(): number {
    return this.#taken;
  }

  /** How many may be taken at a time. */
  get limit(): number {
    const { maxQueue, maxWait, together } = this.#settings;
    if (this.#rate === undefined) return maxQueue;
    return Math.min(maxQueue, Math.max(leastBatches * together(), Math.floor(expectedShare * maxWait * this.#rate)));
  }

  /** For before a request is read, when to refuse it costs little. @throws {ServeError} `overloaded`. */
  check(): void {
    if (this.#taken >= this.limit) throw overloaded;
  }

  /** Does the work of some requests, which are taken until it is done. */
  async take<Answer>(requests: number, work: () => Promise<Answer>): Promise<Answer> {
    this.#taken += requests;
    let answers = 0;
    try {
      const answer = await work();
      answers = requests;
      return answer;
    } finally {
      this.#taken -= requests;
      this.#measure(answers);
    }
  }

  #measure(answers: number): void {
    const now = performance.now();
    if (this.#taken < this.#settings.together()) {
      this.#spanStart = undefined; // the threads may lack work: how fast they are is not seen
      return;
    }
    if (this.#spanStart === undefined) {
      this.#spanStart = now;
      this.#spanAnswers = 0;
      return;
    }
    this.#spanAnswers += answers;
    const elapsed = now - this.#spanStart;
    if (elapsed < span) return;
    const rate = this.#spanAnswers / elapsed;
    this.#rate = this.#rate === undefined ? rate : (1 - smoothing) * this.#rate + smoothing * rate;
    this.#spanStart = now;
    this.#spanAnswers = 0;
  }
}

/** Made once: it has no place in the code to tell, and to find one takes longer than all else of a refusal. */
const overloaded = new ServeError('overloaded', 'more requests come than can be answered in time; try again later', {
  retryAfter: 1,
});
