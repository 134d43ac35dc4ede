import { isNode } from './thread-plan.js';

/** A worker of Node or of a browser. */
export interface PoolWorker {
  terminate(): unknown;
}

/** How long workers may take to start. */
const startMilliseconds = 15_000;

/**
 * Starts workers, and resolves when all of them have answered.
 *
 * @param data what each worker is given.
 * @param onLost is told when a worker ends after it has started.
 * @throws when a worker does not load or does not answer; then all of them are terminated.
 */
export const startWorkers = async (
  data: readonly object[],
  onLost: (reason: string) => void,
): Promise<PoolWorker[]> => {
  const workers: PoolWorker[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `a worker did not start in ${startMilliseconds / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), startMilliseconds);
  });
  try {
    const started = data.map((each) => {
      const { worker, started } = isNode ? startNodeWorker(each, onLost) : startBrowserWorker(each, onLost);
      workers.push(worker);
      started.catch(() => {}); // seen below, unless a later worker cannot even be made
      return started;
    });
    await Promise.race([Promise.all(started), late]);
    return workers;
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

interface Starting {
  readonly worker: PoolWorker;
  readonly started: Promise<void>;
}

// Bundlers look for `new URL('./worker.js', import.meta.url)`, and for `new Worker` around it, word for word.

const startNodeWorker = (workerData: object, onLost: (reason: string) => void): Starting => {
  const { Worker: NodeWorker } = process.getBuiltinModule('node:worker_threads');
  // The worker must not inherit flags such as --input-type, which are for the main script alone.
  const worker = new NodeWorker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] });
  const started = new Promise<void>((resolve, reject) => {
    const end = (reason: string) => {
      reject(new Error(reason)); // does nothing once it has started
      onLost(reason);
    };
    worker.once('message', () => {
      worker.unref(); // a program that is done may end, whatever its workers do
      resolve();
    });
    worker.on('error', ({ message }) => end(`a worker failed: ${message}`));
    worker.on('exit', (code) => end(`a worker ended with code ${code}`));
  });
  return { worker, started };
};

const startBrowserWorker = (data: object, onLost: (reason: string) => void): Starting => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const started = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => {
      const reason = `a worker failed: ${message ?? 'its script did not load'}`;
      reject(new Error(reason));
      onLost(reason);
    };
  });
  worker.postMessage(data);
  return { worker, started };
};
