import type { Worker } from 'node:worker_threads';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { BatchAnswer, BatchRequest, BatchTask } from './batch-worker.js';
import type { SequenceBatch } from './sequence-batch.js';

/** Batches that are made, or being made, besides the one that is taken. */
const ahead = 2;

/** Whether this runtime has Node's threads, and memory that they can share. */
export const canStartThreads = (): boolean =>
  typeof process !== 'undefined' &&
  typeof process.getBuiltinModule === 'function' &&
  typeof SharedArrayBuffer === 'function';

/** A thread that makes the batches of an epoch ahead of their use. If it fails, it gives none, and the caller makes them. */
export class BatchThread {
  readonly #worker: Worker | undefined;
  /** Batches that were requested, in order. */
  #requested: { readonly request: BatchRequest; readonly batch: Promise<SequenceBatch | undefined> }[] = [];
  #waiting: ((batch: SequenceBatch | undefined) => void)[] = [];
  #failed = false;

  constructor({ train, options, plan }: BatchTask) {
    const shared = sharedSequences(train, options.times);
    const sequences = plan.sequences === train ? shared : sharedSequences(plan.sequences, false);
    const workerData: BatchTask = { train: shared, options, plan: { ...plan, sequences } };
    try {
      const { Worker: NodeWorker } = process.getBuiltinModule('node:worker_threads');
      // The thread must not inherit flags such as --input-type, which are for the main script alone.
      this.#worker = new NodeWorker(workerUrl(), { workerData, execArgv: [] });
      this.#worker.on('message', ({ batch }: BatchAnswer) => this.#waiting.shift()?.(batch));
      this.#worker.on('error', () => this.#fail());
      this.#worker.on('exit', () => this.#fail());
    } catch {
      this.#fail(); // bundled without the file of the thread
    }
  }

  /** Returns a batch, or undefined where the thread cannot make it, and requests those after it. */
  async take({ epoch, batch, batches }: BatchRequest & { batches: number }): Promise<SequenceBatch | undefined> {
    const isNext = (entry: { request: BatchRequest } | undefined) =>
      entry?.request.epoch === epoch && entry.request.batch === batch;
    if (!isNext(this.#requested[0])) this.#requested = []; // another epoch: what is on its way is dropped
    const end = Math.min(batch + ahead + 1, batches);
    for (let index = batch + this.#requested.length; index < end; index++) this.#request({ epoch, batch: index });
    return this.#requested.shift()?.batch;
  }

  async end(): Promise<void> {
    this.#fail();
    await this.#worker?.terminate();
  }

  #request(request: BatchRequest): void {
    const batch = new Promise<SequenceBatch | undefined>((resolve) => {
      if (this.#failed) resolve(undefined);
      else this.#waiting.push(resolve);
    });
    this.#requested.push({ request, batch });
    if (!this.#failed) this.#worker?.postMessage(request);
  }

  #fail(): void {
    this.#failed = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }
}

/** Returns the sequences in memory that threads share, without ids, and times if batches do not need them. */
const sharedSequences = (
  { offsets, ends, items, timestamps, timeUnit, catalog, users }: UserSequences,
  times = true,
): UserSequences => ({
  offsets: shared(offsets),
  ends: shared(ends),
  items: shared(items),
  ...(times && timestamps && { timestamps: shared(timestamps) }),
  ...(timeUnit !== undefined && { timeUnit }),
  catalog: { ids: new Array(catalog.ids.length), first: catalog.first },
  users: { ids: [], first: users.first },
});

const shared = <T extends Int32Array | Uint32Array | Float64Array>(values: T): T => {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const Type = values.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new Type(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
};

/** Returns the file of the thread, which is beside the bundle of this package; in its tests, in the build. */
const workerUrl = (): URL => {
  const { url } = import.meta;
  if (url === undefined || url === '') throw new Error('bundled as CommonJS, without the file of the thread');
  return url.endsWith('.ts') ? new URL('../../dist/batch-worker.js', url) : new URL('./batch-worker.js', url);
};
