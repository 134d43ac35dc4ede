import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldModel, ModelInfo, Outcome, ScoreRequest, ThreadData } from '../thread/index.js';
import { ScoringThread } from './scoring-thread.js';

export { UnchangedModel } from './scoring-thread.js';

/** How the threads of a model run. */
export interface ThreadSettings {
  /** What each of them runs. */
  readonly module: URL;
  /** Number of scoring threads, each with a copy of the weights. */
  readonly replicas: number;
  /** Threads of the backend in each, over one copy of the weights. */
  readonly threads: number;
  /** ms that a batch may take. */
  readonly timeout: number;
  /** Told when a thread was lost. */
  readonly onLost: () => void;
}

/** ms before a thread is started again, after as many failures in a row. */
const delayAfter = (failures: number): number => Math.min(30_000, 250 * 2 ** failures);

/** The scoring threads of one version of a model. A thread that is lost is started again from the files in memory. */
export class ThreadGroup {
  readonly info: ModelInfo;
  readonly held: HeldModel;
  readonly #settings: ThreadSettings;
  readonly #data: ThreadData;
  readonly #threads = new Set<ScoringThread>();
  readonly #busy = new Set<Promise<unknown>>();
  /** Called when a thread has nothing to do. */
  onIdle: () => void = () => undefined;
  #isRetired = false;

  constructor(first: ScoringThread, data: ThreadData, settings: ThreadSettings) {
    this.info = first.info;
    this.held = first.held;
    this.#settings = settings;
    // Whatever replaced it once, this model has been checked.
    this.#data = { ...data, source: first.held, unlessVersion: undefined, replaces: undefined };
    this.#add(first);
  }

  /** Number of threads that can work. */
  get size(): number {
    return this.#threads.size;
  }

  /** Starts one more thread. */
  async grow(): Promise<void> {
    const thread = await ScoringThread.start(this.#data, this.#settings);
    if (this.#isRetired) await thread.terminate();
    else this.#add(thread);
  }

  /** Returns a thread without work. */
  idle(): ScoringThread | undefined {
    for (const thread of this.#threads) if (thread.isIdle) return thread;
    return undefined;
  }

  /** Runs a batch on a thread that has no other. */
  async run(thread: ScoringThread, requests: readonly ScoreRequest[]): Promise<readonly Outcome[]> {
    const work = thread.run(requests);
    this.#busy.add(work);
    try {
      return await work;
    } finally {
      this.#busy.delete(work);
      queueMicrotask(() => this.onIdle());
    }
  }

  /** Ends the threads when their batches are done. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await Promise.allSettled(this.#busy);
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  /** Ends a thread at once, as a fault does. For tests. */
  async kill(): Promise<void> {
    for (const thread of this.#threads) {
      await thread.terminate();
      return;
    }
  }

  #add(thread: ScoringThread): void {
    this.#threads.add(thread);
    this.onIdle();
    void thread.ended.then(async () => {
      this.#threads.delete(thread);
      if (this.#isRetired) return;
      this.#settings.onLost();
      for (let failures = 0; !this.#isRetired; failures++) {
        try {
          await this.grow();
          return;
        } catch {
          await sleep(delayAfter(failures + 1), undefined, { ref: false });
        }
      }
    });
  }
}

/**
 * Resolves to the threads of a model when all of them are ready.
 * @throws {ServeError} `bad-model`; {UnchangedModel}.
 */
export const startThreadGroup = async (data: ThreadData, settings: ThreadSettings): Promise<ThreadGroup> => {
  const group = new ThreadGroup(await ScoringThread.start(data, settings), data, settings);
  try {
    await Promise.all(Array.from({ length: settings.replicas - 1 }, () => group.grow()));
  } catch (error) {
    await group.retire();
    throw error;
  }
  return group;
};
