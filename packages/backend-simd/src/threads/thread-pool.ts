import { attachNative, type KernelEngine, preferHugePages } from '../engine/index.js';
import { SimdBackendError } from '../errors.js';
import {
  ARGUMENTS,
  CONTROL,
  ELEMENT_BLOCK,
  type KernelArguments,
  type KernelFunctions,
  type KernelName,
  kernelNames,
  kernels,
  type Resolve,
  UnaryKind,
  ZEROS,
} from '../generated/arguments.js';
import type { SharedHeap } from '../heap/index.js';
import { word } from './protocol.js';
import { type PoolWorker, startWorkers } from './start-workers.js';
import type { ThreadPlan } from './thread-plan.js';

/** A kernel processes items `begin .. end - 1` of the data in its arguments, with its own scratch memory. */
type Kernel = (args: number, begin: number, end: number, scratch: number) => void;

/** How the work of a kernel is split among threads. */
export interface Work {
  /** Number of items. */
  readonly count: number;
  /**
   * Number of items in a chunk, which one thread processes; it should take 20 µs or more. If there is only one chunk,
   * the calling thread processes it.
   */
  readonly grain: number;
  /** Bytes of scratch memory for each thread. */
  readonly scratchBytes?: number;
}

/** Calls and total time of a kernel since profiling began. */
export interface KernelTime {
  calls: number;
  milliseconds: number;
}

/** Number of times that a waiting thread reads a word before it sleeps: about 50 µs for a worker. */
const workerSpins = 5000;
const callerSpins = 20_000;
/** Time limit for a chunk; after it, the thread is considered lost. */
const patienceMilliseconds = 20_000;
const minimumScratch = 65536;

/** Runs kernels on the calling thread and its workers. */
export class ThreadPool {
  readonly workers: PoolWorker[] = [];
  readonly #heap: SharedHeap;
  readonly #words: Int32Array;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;
  readonly #functions: readonly KernelFunctions[];
  /** Kernels by number. */
  readonly #kernels: readonly Kernel[];
  readonly #mayWait: boolean;
  #threads: number;
  #threadsNote: string | undefined;
  #scratch = 0;
  /** Bytes of scratch memory per thread, and the number of threads that have it. */
  #scratchBytes = 0;
  #scratches = 0;
  #lost: Error | undefined;
  #profile: Map<string, KernelTime> | undefined;

  private constructor(heap: SharedHeap, { module, native }: KernelEngine, { threads, note }: ThreadPlan) {
    this.#heap = heap;
    this.#threads = threads;
    this.#threadsNote = note;
    this.#words = heap.integers(CONTROL, 256);
    this.#integers = heap.integers(ARGUMENTS, (ZEROS - ARGUMENTS) / 4);
    this.#floats = heap.floats(ARGUMENTS, (ZEROS - ARGUMENTS) / 4);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: heap.memory } });
    const attached = native === undefined ? undefined : attachNative(native, heap.memory, 0);
    if (native !== undefined) {
      heap.whenGrown = () => preferHugePages(native, heap.memory);
      heap.whenGrown();
    }
    this.#functions = [exports as unknown as KernelFunctions, ...(attached === undefined ? [] : [attached])];
    this.#kernels = kernelNames.map((name) => attached?.kernels[name] ?? (exports[name] as Kernel));
    this.#mayWait = mayWait(this.#words);
    this.#reserveScratch(minimumScratch);
  }

  /**
   * Starts `threads - 1` workers; the calling thread is the last one. Resolves when all of them have passed a test. If
   * they do not start, the calling thread computes alone and `threadsNote` gives the reason.
   */
  static async start(heap: SharedHeap, engine: KernelEngine, plan: ThreadPlan): Promise<ThreadPool> {
    const pool = new ThreadPool(heap, engine, plan);
    if (plan.threads > 1) await pool.#startWorkers(engine, plan);
    return pool;
  }

  /** Number of threads that compute, including the calling thread. */
  get threads(): number {
    return this.#threads;
  }

  /** Why there is only one thread, if more were requested or the machine has more cores. */
  get threadsNote(): string | undefined {
    return this.#threadsNote;
  }

  async #startWorkers({ module, native }: KernelEngine, { threads, cores }: ThreadPlan): Promise<void> {
    const { memory } = this.#heap;
    const shared = { module, native, memory, names: kernelNames, control: CONTROL, args: ARGUMENTS };
    const spins = threads <= cores ? workerSpins : 0; // if there are more threads than cores, none spins
    const data = Array.from({ length: threads - 1 }, (_, i) => ({ ...shared, index: i + 1, spins }));
    let proven = false;
    let lost: string | undefined;
    const onLost = (reason: string) => {
      lost = reason;
      if (proven) this.#lose(reason);
    };
    try {
      this.workers.push(...(await startWorkers(data, onLost)));
      await this.#prove();
      if (lost !== undefined) throw new Error(lost);
      proven = true;
    } catch (error) {
      this.dispose();
      this.#threads = 1;
      this.#threadsNote = `threads did not start: ${(error as Error).message}`;
    }
  }

  /**
   * Tests the workers: they square some numbers without the calling thread.
   * @throws if they do not.
   */
  async #prove(): Promise<void> {
    const count = this.workers.length;
    if (Atomics.load(this.#words, word.started) !== count) throw new Error('workers do not share memory');
    const bytes = 4 * count * ELEMENT_BLOCK;
    const address = this.#heap.allocate(bytes);
    try {
      const values = this.#heap.floats(address, count * ELEMENT_BLOCK);
      values.forEach((_, i) => {
        values[i] = i % 100;
      });
      const { number, write } = kernels.unary;
      const args = { x: address, y: address, size: values.length, kind: UnaryKind.Square };
      write(args, Number, this.#integers, this.#floats);
      this.#publish(number, { count, grain: 1 }, count);
      const tooLate = performance.now() + patienceMilliseconds;
      while (Atomics.load(this.#words, word.done) < count) {
        if (performance.now() > tooLate) throw new Error('workers do not respond');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (values.some((value, i) => value !== (i % 100) ** 2)) throw new Error('workers computed wrong results');
    } finally {
      this.#heap.free(address, bytes);
    }
  }

  /** Bytes of scratch memory for the attention kernels: enough for whichever of them run. */
  attentionScratch(time: number, width: number): number {
    return Math.max(...this.#functions.map((functions) => functions.attentionScratch(time, width)));
  }

  /**
   * Runs a kernel and returns when all chunks are done.
   *
   * @param resolve returns the address of an argument.
   * @throws {SimdBackendError} `worker-lost` if a worker has exited or does not respond.
   */
  launch<Name extends KernelName>(name: Name, args: KernelArguments[Name], work: Work, resolve: Resolve): void {
    if (this.#lost !== undefined) throw this.#lost;
    if (work.count <= 0) return;
    const start = this.#profile === undefined ? 0 : performance.now();
    if (work.scratchBytes !== undefined && work.scratchBytes > this.#scratchBytes) {
      this.#reserveScratch(work.scratchBytes);
    }
    const { number, write } = kernels[name];
    write(args, resolve, this.#integers, this.#floats);
    const chunks = Math.ceil(work.count / work.grain);
    if (chunks === 1 || this.workers.length === 0) this.#kernels[number](ARGUMENTS, 0, work.count, this.#scratch);
    else this.#fork(name, number, work, chunks);
    if (this.#profile !== undefined) this.#record(this.#profile, name, performance.now() - start);
  }

  /** Publishes a launch. Workers start on it at once. */
  #publish(kernel: number, { count, grain }: Work, chunks: number): void {
    const words = this.#words;
    words[word.kernel] = kernel;
    words[word.count] = count;
    words[word.grain] = grain;
    words[word.chunks] = chunks;
    words[word.scratch] = this.#scratch;
    words[word.scratchBytes] = this.#scratchBytes;
    Atomics.store(words, word.done, 0);
    Atomics.store(words, word.remaining, chunks);
    Atomics.add(words, word.wake, 1);
    Atomics.notify(words, word.wake);
  }

  #fork(name: string, number: number, work: Work, chunks: number): void {
    const words = this.#words;
    const kernel = this.#kernels[number];
    const { count, grain } = work;
    this.#publish(number, work, chunks);
    for (;;) {
      const remaining = Atomics.load(words, word.remaining);
      if (remaining <= 0) break;
      if (Atomics.compareExchange(words, word.remaining, remaining, remaining - 1) !== remaining) continue;
      const begin = (remaining - 1) * grain;
      kernel(ARGUMENTS, begin, Math.min(begin + grain, count), this.#scratch);
      Atomics.add(words, word.done, 1);
    }
    this.#join(chunks);
    if (words[word.failed] === 1) throw this.#lose(`kernel ${name} trapped in a worker`);
  }

  #join(chunks: number): void {
    const words = this.#words;
    for (let spin = 0; spin < callerSpins; spin++) {
      if (Atomics.load(words, word.done) === chunks) return;
    }
    const tooLate = performance.now() + patienceMilliseconds;
    for (;;) {
      const done = Atomics.load(words, word.done);
      if (done === chunks) return;
      if (this.#mayWait) Atomics.wait(words, word.done, done, patienceMilliseconds);
      if (performance.now() >= tooLate && Atomics.load(words, word.done) !== chunks) {
        throw this.#lose(`a worker has not responded for ${patienceMilliseconds / 1000} s`);
      }
    }
  }

  /** Makes every later launch fail, because the state of a lost worker is unknown. */
  #lose(reason: string): Error {
    this.#lost ??= new SimdBackendError('worker-lost', `simd backend: ${reason}; restart the program`);
    return this.#lost;
  }

  #reserveScratch(bytes: number): void {
    if (this.#scratchBytes > 0) this.#heap.free(this.#scratch, this.#scratchBytes * this.#scratches);
    this.#scratches = this.#threads;
    this.#scratchBytes = Math.ceil(bytes / 4096) * 4096;
    this.#scratch = this.#heap.allocate(this.#scratchBytes * this.#scratches);
  }

  #record(profile: Map<string, KernelTime>, name: string, milliseconds: number): void {
    const time = profile.get(name) ?? { calls: 0, milliseconds: 0 };
    time.calls += 1;
    time.milliseconds += milliseconds;
    profile.set(name, time);
  }

  /** Returns the times recorded so far. With `on`, profiling starts over; otherwise it stops. */
  profile(on: boolean): ReadonlyMap<string, KernelTime> {
    const counted = this.#profile ?? new Map<string, KernelTime>();
    this.#profile = on ? new Map() : undefined;
    return counted;
  }

  /** Terminates the workers. May be called more than once. */
  dispose(): void {
    Atomics.store(this.#words, word.quit, 1);
    Atomics.add(this.#words, word.wake, 1);
    Atomics.notify(this.#words, word.wake);
    for (const worker of this.workers.splice(0)) worker.terminate();
  }
}

/** Whether this thread may sleep. The main thread of a browser page may not; it polls instead. */
const mayWait = (words: Int32Array): boolean => {
  try {
    Atomics.wait(words, word.quit, 1, 0); // returns at once: the word is 0
    return true;
  } catch {
    return false;
  }
};
