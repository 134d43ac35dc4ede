import { MlflowRefusal } from './mlflow-server.js';

interface Settings {
  /** Milliseconds before the first new attempt; twice as many before each next one, up to a minute. */
  readonly retryDelay: number;
  /** Told when a task cannot be done now, because the server does not answer. */
  readonly onLost: (error: Error) => void;
  /** Told of a task that the server refuses; it is left out then. */
  readonly onRefused: (error: MlflowRefusal) => void;
}

const longestDelay = 60_000;

/** Does tasks one after the other while the program goes on, and tries each until the server answers. */
export class BackgroundTasks {
  readonly #settings: Settings;
  readonly #tasks: (() => Promise<void>)[] = [];
  #work: Promise<void> = Promise.resolve();
  #isWorking = false;
  /** Ends a pause. */
  #wake: () => void = () => undefined;
  #isPatient = true;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Adds a task. It may be done twice, when the answer to the first attempt was lost. */
  add(...tasks: (() => Promise<void>)[]): void {
    this.#tasks.push(...tasks);
    if (!this.#isWorking) this.#work = this.#run();
  }

  /** Drops all tasks. */
  clear(): void {
    this.#tasks.length = 0;
  }

  /** Waits for some milliseconds, or until there is no more time to wait. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isPatient) return resolve();
      const timer = setTimeout(resolve, milliseconds);
      timer.unref(); // what is left to do keeps no program from ending
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits until all tasks are done, or the server does not answer. Returns whether they are done. */
  async flush(): Promise<boolean> {
    this.#isPatient = false;
    this.#wake();
    this.add();
    await this.#work;
    this.#isPatient = true;
    return this.#tasks.length === 0;
  }

  async #run(): Promise<void> {
    this.#isWorking = true;
    for (let failures = 0; this.#tasks.length > 0; ) {
      const task = this.#tasks[0];
      try {
        await task();
        failures = 0;
      } catch (error) {
        if (!(error instanceof MlflowRefusal)) {
          this.#settings.onLost(error as Error);
          if (!this.#isPatient) break;
          await this.pause(Math.min(longestDelay, this.#settings.retryDelay * 2 ** failures));
          failures += 1;
          continue;
        }
        this.#settings.onRefused(error);
      }
      if (this.#tasks[0] === task) this.#tasks.shift(); // not when all were dropped meanwhile
    }
    this.#isWorking = false; // in the same turn as the last look at the tasks, so that none is overlooked
  }
}
