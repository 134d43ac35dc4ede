import { SimdBackendError } from './errors.js';
import { word } from './protocol.js';
import { layout, type SharedHeap } from './shared-heap.js';

/** A kernel works on items `begin .. end - 1` of what its arguments describe, with scratch memory of its own. */
type Kernel = (args: number, begin: number, end: number, scratch: number) => void;

/** Names of the kernels that WebAssembly exports. */
export type KernelName =
  | 'adam'
  | 'adamRows'
  | 'adamUpdatedRows'
  | 'attention'
  | 'attentionGrad'
  | 'binary'
  | 'copyBox'
  | 'dense'
  | 'denseGrad'
  | 'dropout'
  | 'embed'
  | 'gatherRows'
  | 'layerNorm'
  | 'layerNormGrad'
  | 'matmul'
  | 'multiplyRows'
  | 'newestAttention'
  | 'pairwiseLogits'
  | 'pairwiseLogitsGrad'
  | 'scatterUpdates'
  | 'select'
  | 'softmax'
  | 'sortUpdates'
  | 'sumInner'
  | 'sumOuter'
  | 'sumParts'
  | 'topK'
  | 'transposeMatrices'
  | 'unary';

export interface Launch {
  /** Items to work on. */
  readonly count: number;
  /** Items of a chunk, which one thread takes as a whole; worth some 20 µs or more. At least `count`: one thread does all. */
  readonly grain: number;
  /** Addresses, sizes and choices, at most 32. */
  readonly integers: readonly number[];
  /** At most 16. */
  readonly floats?: readonly number[];
  /** Bytes of scratch memory for each thread. */
  readonly scratchBytes?: number;
}

/** What launches of a kernel have cost since profiling began. */
export interface KernelTime {
  calls: number;
  milliseconds: number;
}

/** Loads of a word before a waiting thread sleeps: some 50 µs for a worker, less for the main thread. */
const workerSpins = 5000;
const mainSpins = 20_000;
/** How long a chunk may take before its thread counts as lost. */
const patienceMilliseconds = 20_000;
const minimumScratch = 65536;

export interface AnyWorker {
  terminate(): unknown;
}

/**
 * Runs kernels on this thread and on workers that share its memory. A launch is cut into chunks, and threads take the next chunk when they
 * are done with one; what a chunk computes does not depend on who takes it, so results do not depend on the number of threads.
 */
export class ThreadPool {
  readonly threads: number;
  readonly #heap: SharedHeap;
  readonly #words: Int32Array;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;
  readonly #exports: Record<string, Kernel>;
  readonly #names: readonly string[];
  /** The workers; for tests. */
  readonly workers: AnyWorker[] = [];
  #scratch = 0;
  #scratchBytes = 0;
  #lost: Error | undefined;
  #profile: Map<string, KernelTime> | undefined;

  private constructor(heap: SharedHeap, module: WebAssembly.Module, threads: number) {
    this.#heap = heap;
    this.threads = threads;
    this.#words = heap.integers(layout.control, 256);
    this.#integers = heap.integers(layout.args, 32);
    this.#floats = heap.floats(layout.args + 128, 16);
    this.#exports = new WebAssembly.Instance(module, { env: { memory: heap.memory } }).exports as Record<
      string,
      Kernel
    >;
    this.#names = Object.keys(this.#exports);
    this.#reserveScratch(minimumScratch);
  }

  /**
   * Starts `threads - 1` workers; this thread is the last one. Launches may follow at once: until a worker is ready, others do its part.
   * @param cores how many threads the machine runs at a time; with fewer than `threads`, nobody spins.
   */
  static async start(
    heap: SharedHeap,
    module: WebAssembly.Module,
    threads: number,
    cores: number,
  ): Promise<ThreadPool> {
    const pool = new ThreadPool(heap, module, threads);
    for (let index = 1; index < threads; index++) {
      const data = {
        module,
        memory: heap.memory,
        names: pool.#names,
        control: layout.control,
        args: layout.args,
        index,
        spins: threads <= cores ? workerSpins : 0,
      };
      pool.workers.push(await startWorker(data, (reason) => pool.#lose(reason)));
    }
    return pool;
  }

  /** Bytes of scratch memory that the kernel asks for. */
  attentionScratch(time: number, width: number): number {
    return (this.#exports.attentionScratch as unknown as (time: number, width: number) => number)(time, width);
  }

  /**
   * Runs a kernel and returns when all of it is done.
   * @throws {SimdBackendError} when a worker has ended or does not answer.
   */
  launch(name: KernelName, launch: Launch): void {
    if (this.#lost !== undefined) throw this.#lost;
    if (launch.count <= 0) return;
    const start = this.#profile === undefined ? 0 : performance.now();
    if (launch.scratchBytes !== undefined && launch.scratchBytes > this.#scratchBytes)
      this.#reserveScratch(launch.scratchBytes);
    this.#integers.set(launch.integers);
    if (launch.floats !== undefined) this.#floats.set(launch.floats);
    const chunks = Math.ceil(launch.count / launch.grain);
    if (chunks === 1 || this.workers.length === 0) this.#exports[name]!(layout.args, 0, launch.count, this.#scratch);
    else this.#fork(name, launch, chunks);
    if (this.#profile !== undefined) this.#record(name, performance.now() - start);
  }

  #fork(name: KernelName, { count, grain }: Launch, chunks: number): void {
    const words = this.#words;
    const kernel = this.#exports[name]!;
    words[word.kernel] = this.#names.indexOf(name);
    words[word.count] = count;
    words[word.grain] = grain;
    words[word.chunks] = chunks;
    words[word.scratch] = this.#scratch;
    words[word.scratchBytes] = this.#scratchBytes;
    Atomics.store(words, word.done, 0);
    Atomics.store(words, word.remaining, chunks);
    Atomics.add(words, word.wake, 1);
    Atomics.notify(words, word.wake);
    for (;;) {
      const remaining = Atomics.load(words, word.remaining);
      if (remaining <= 0) break;
      if (Atomics.compareExchange(words, word.remaining, remaining, remaining - 1) !== remaining) continue;
      const begin = (remaining - 1) * grain;
      kernel(layout.args, begin, Math.min(begin + grain, count), this.#scratch);
      Atomics.add(words, word.done, 1);
    }
    this.#join(chunks);
    if (words[word.failed] === 1) throw this.#lose(`kernel ${name} trapped in a worker`);
  }

  #join(chunks: number): void {
    const words = this.#words;
    for (let spin = 0; spin < mainSpins; spin++) {
      if (Atomics.load(words, word.done) === chunks) return;
    }
    for (;;) {
      const done = Atomics.load(words, word.done);
      if (done === chunks) return;
      if (Atomics.wait(words, word.done, done, patienceMilliseconds) === 'timed-out') {
        throw this.#lose(`a worker has not answered for ${patienceMilliseconds / 1000} s`);
      }
    }
  }

  /** From now on every launch fails: what a lost worker was to compute is unknown. */
  #lose(reason: string): Error {
    this.#lost ??= new SimdBackendError(`simd backend: ${reason}; start the program again`);
    return this.#lost;
  }

  #reserveScratch(bytes: number): void {
    if (this.#scratchBytes > 0) this.#heap.free(this.#scratch, this.#scratchBytes * this.threads);
    this.#scratchBytes = Math.ceil(bytes / 4096) * 4096;
    this.#scratch = this.#heap.allocate(this.#scratchBytes * this.threads);
  }

  #record(name: string, milliseconds: number): void {
    const time = this.#profile!.get(name) ?? { calls: 0, milliseconds: 0 };
    time.calls += 1;
    time.milliseconds += milliseconds;
    this.#profile!.set(name, time);
  }

  /** Begins to count the time of each kernel, or ends it; returns what was counted. */
  profile(on: boolean): ReadonlyMap<string, KernelTime> {
    const counted = this.#profile ?? new Map<string, KernelTime>();
    this.#profile = on ? new Map() : undefined;
    return counted;
  }

  /** Ends the workers. May be called again. */
  dispose(): void {
    Atomics.store(this.#words, word.quit, 1);
    Atomics.add(this.#words, word.wake, 1);
    Atomics.notify(this.#words, word.wake);
    for (const worker of this.workers.splice(0)) worker.terminate();
  }
}

const startWorker = async (data: object, onEnd: (reason: string) => void): Promise<AnyWorker> => {
  const url = new URL('./worker.js', import.meta.url);
  if (typeof process === 'undefined' || !process.versions?.node) {
    const worker = new Worker(url, { type: 'module' });
    worker.onerror = ({ message }) => onEnd(`a worker failed: ${message}`);
    worker.postMessage(data);
    return worker;
  }
  const { Worker: NodeWorker } = await import('node:worker_threads');
  const worker = new NodeWorker(url, { workerData: data });
  worker.unref(); // a program that is done ends, whatever the workers do
  worker.on('error', (error) => onEnd(`a worker failed: ${error.message}`));
  worker.on('exit', (code) => onEnd(`a worker ended with code ${code}`));
  return worker;
};
