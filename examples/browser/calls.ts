/** Calls from the page to its workers, as messages: a call has a number, and so have its progress and its answer. */

/** A function of a worker: it takes one argument, and may report progress before it answers. */
type WorkerFunction = (argument: never, onProgress: never) => unknown;
type WorkerFunctions = Readonly<Record<string, WorkerFunction>>;

interface Call {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}

type Reply = { readonly number: number } & (
  | { readonly progress: unknown }
  | { readonly value: unknown }
  | { readonly error: string }
);

/** Answers calls in a worker, each as soon as it comes. */
export const answerCalls = (functions: WorkerFunctions): void => {
  const reply = (message: Reply) => globalThis.postMessage(message);
  globalThis.onmessage = async ({ data: { number, name, argument } }: MessageEvent<Call>) => {
    const onProgress = (progress: unknown) => reply({ number, progress });
    try {
      const call = functions[name] as (argument: unknown, onProgress: (progress: unknown) => void) => unknown;
      reply({ number, value: await call(argument, onProgress) });
    } catch (error) {
      reply({ number, error: error instanceof Error ? error.message : String(error) });
    }
  };
};

interface Waiting {
  readonly onProgress: ((progress: never) => void) | undefined;
  resolve(value: never): void;
  reject(error: Error): void;
}

/** The functions of a worker, as seen from the page. */
export class WorkerCalls<Functions extends WorkerFunctions> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.number);
      if (waiting === undefined) return;
      if ('progress' in data) return waiting.onProgress?.(data.progress as never);
      this.#waiting.delete(data.number);
      if ('error' in data) waiting.reject(new Error(data.error));
      else waiting.resolve(data.value as never);
    };
    worker.onerror = ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(message ?? 'a worker did not load'));
      this.#waiting.clear();
    };
  }

  call<Name extends keyof Functions & string>(
    name: Name,
    argument: Parameters<Functions[Name]>[0],
    onProgress?: Parameters<Functions[Name]>[1],
  ): Promise<Awaited<ReturnType<Functions[Name]>>> {
    const number = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { onProgress, resolve, reject });
      this.#worker.postMessage({ number, name, argument } satisfies Call);
    });
  }

  /** Ends the worker, and the threads that it started. */
  end(): void {
    this.#worker.terminate();
  }
}
