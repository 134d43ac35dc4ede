import { isNode } from './thread-plan.js';

/** A worker in Node or a browser. */
export interface PoolWorker {
  terminate(): unknown;
}

/** Time limit for workers to start. */
const startMilliseconds = 15_000;

/**
 * Starts workers, and resolves when all of them have responded.
 *
 * @param data data of each worker.
 * @param onLost called if a worker exits, also after it has started.
 * @throws if a worker does not load or respond; then all of them are terminated.
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
      started.catch(() => {}); // handled below, unless creating a later worker throws
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

// Bundlers look for `new URL('./worker.js', import.meta.url)`, and for `new Worker` around it, exactly as written here.

const workerUrl = (): URL => {
  const url = urlBesideThis();
  // webpack makes it the address of a page's file.
  if (url.protocol !== 'file:' && url.protocol !== 'data:')
    throw new Error(`the bundler put worker.js at ${url.href}, which is no file`);
  return url;
};

const urlBesideThis = (): URL => {
  try {
    return new URL('./worker.js', import.meta.url);
  } catch {
    // Bundled as CommonJS: there is no import.meta.url, but the name of the bundle.
    const { pathToFileURL } = process.getBuiltinModule('node:url');
    return new URL('./worker.js', pathToFileURL(__filename));
  }
};

const startNodeWorker = (workerData: object, onLost: (reason: string) => void): Starting => {
  const { Worker: NodeWorker } = process.getBuiltinModule('node:worker_threads');
  // The worker must not inherit flags such as --input-type, which are for the main script alone.
  const worker = new NodeWorker(workerUrl(), { workerData, execArgv: [] });
  const started = new Promise<void>((resolve, reject) => {
    const end = (reason: string) => {
      reject(new Error(reason)); // has no effect after the start
      onLost(reason);
    };
    worker.once('message', () => {
      worker.unref(); // workers do not keep the program running
      resolve();
    });
    worker.on('error', ({ message }) => end(`a worker failed: ${message}`));
    worker.on('exit', (code) => end(`a worker exited with code ${code}`));
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
