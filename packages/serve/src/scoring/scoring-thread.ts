import { Worker } from 'node:worker_threads';
import { RecsysError } from '@recsys/errors';
import { ServeError } from '../errors.js';
import type { FromThread, HeldModel, ModelInfo, Outcome, ScoreRequest, ThreadData } from '../thread/index.js';

/** A thread ended while it worked. */
export class ThreadEnded extends Error {}

/** The model at a path is the one that is served. */
export class UnchangedModel extends Error {}

/** A thread with a model, which works on one batch at a time. */
export class ScoringThread {
  readonly info: ModelInfo;
  readonly held: HeldModel;
  readonly #worker: Worker;
  readonly #timeout: number;
  #batch: { resolve: (outcomes: readonly Outcome[]) => void; reject: (error: Error) => void } | undefined;
  #count = 0;
  #hasEnded = false;
  /** Resolves when the thread has ended, for whatever reason. */
  readonly ended: Promise<void>;

  private constructor(worker: Worker, { info, held }: { info: ModelInfo; held: HeldModel }, timeout: number) {
    this.#worker = worker;
    this.info = info;
    this.held = held;
    this.#timeout = timeout;
    worker.on('message', (message: FromThread) => {
      if (message.type !== 'outcomes' || message.id !== this.#count) return;
      const batch = this.#batch;
      this.#batch = undefined;
      batch?.resolve(message.outcomes);
    });
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#hasEnded = true;
        this.#batch?.reject(new ThreadEnded('a scoring thread ended'));
        this.#batch = undefined;
        resolve();
      });
    });
  }

  /**
   * Resolves to a thread when its model is loaded, checked and warm.
   *
   * @param options.module what the thread runs.
   * @param options.threads threads of the backend in it, over one copy of the weights.
   * @param options.timeout ms that a batch may take; a thread that takes longer is ended.
   * @throws {ServeError} `bad-model` with the reason, and as its cause the error of the thread; {UnchangedModel}.
   */
  static start(
    data: ThreadData,
    { module, threads, timeout }: { module: URL; threads: number; timeout: number },
  ): Promise<ScoringThread> {
    const worker = new Worker(module, {
      workerData: data,
      execArgv: [],
      env: { ...process.env, RECSYS_THREADS: String(threads) },
    });
    return new Promise((resolve, reject) => {
      let problem: string | undefined;
      worker.on('error', (error) => {
        problem = error instanceof Error ? error.message : String(error);
      });
      worker.once('exit', (code) => {
        reject(new ServeError('bad-model', `the model was not loaded: ${problem ?? `its thread ended with ${code}`}`));
      });
      worker.once('message', (message: FromThread) => {
        if (message.type === 'ready') {
          resolve(new ScoringThread(worker, message, timeout));
          return;
        }
        if (message.type === 'unchanged') reject(new UnchangedModel());
        if (message.type === 'refused') {
          const cause = new RecsysError(message.code, message.problem);
          reject(new ServeError('bad-model', `the model was refused: ${cause.problem}`, { cause }));
        }
        void worker.terminate();
      });
    });
  }

  /** Whether it takes a batch. */
  get isIdle(): boolean {
    return this.#batch === undefined && !this.#hasEnded;
  }

  /** Resolves to the outcome of each request. @throws {ThreadEnded} when the thread ends, or had to be ended, before it answered. */
  async run(requests: readonly ScoreRequest[]): Promise<readonly Outcome[]> {
    this.#count += 1;
    const answer = new Promise<readonly Outcome[]>((resolve, reject) => {
      this.#batch = { resolve, reject };
    });
    const timer = setTimeout(() => void this.terminate(), this.#timeout);
    try {
      this.#worker.postMessage({ id: this.#count, requests });
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
