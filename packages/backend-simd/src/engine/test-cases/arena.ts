/** A memory for launches of single kernels, on any engine, that shows what a kernel has touched. */
import {
  ARGUMENTS,
  HEAP,
  type KernelArguments,
  type KernelName,
  kernels,
  SLACK_BYTES,
} from '../../generated/arguments.js';

export type Kernel = (args: number, begin: number, end: number, scratch: number) => void;
export type Kernels = Readonly<Record<string, Kernel>>;

const bytes = 8 * 2 ** 20;
/** Bytes between buffers: more than a kernel may read beyond the end of one. */
const gap = 2 * SLACK_BYTES;
/** Words that are no numbers, so that a lane which should not count shows in the result, and each another one. */
const guards = Int32Array.from({ length: bytes / 4 }, (_, i) => 0x7fc00000 | (Math.imul(i, 0x9e3779b1) >>> 10));

/** A part of the memory. */
export interface Buffer {
  readonly address: number;
  readonly words: number;
  /** How the outputs of two engines are compared: bit by bit, or up to an error relative to the largest value. */
  readonly tolerance: number;
}

/** A launch of a kernel on prepared memory. */
export interface Launch<Name extends KernelName = KernelName> {
  readonly kernel: Name;
  readonly args: KernelArguments[Name];
  readonly count: number;
  /** Buffers that the kernel may write. */
  readonly outputs: readonly Buffer[];
  readonly scratchBytes?: number;
  /** Whether the items may be computed in parts. Default true. */
  readonly splits?: boolean;
}

/** Writes the bits of numbers in [-2, 2) and of indices, always the same for a seed. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0;
  }
  /** Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

export class Arena {
  readonly memory = new WebAssembly.Memory({ initial: bytes / 65536, maximum: 65536, shared: true });
  readonly #words = new Int32Array(this.memory.buffer);
  readonly #floats = new Float32Array(this.memory.buffer);
  readonly #buffers: Buffer[] = [];
  #top = HEAP;
  random = new Random(0);

  /** Empties the memory for the next launch. */
  reset(seed: number): void {
    this.#words.set(guards.subarray(HEAP / 4), HEAP / 4);
    this.#buffers.length = 0;
    this.#top = HEAP + gap;
    this.random = new Random(seed);
  }

  /** Takes memory that a kernel writes. */
  output(words: number, tolerance = 0): Buffer {
    const buffer = { address: this.#top, words, tolerance };
    this.#top = Math.ceil((this.#top + 4 * words) / 64) * 64 + gap;
    if (this.#top > bytes) throw new Error('a launch needs more memory than the arena has');
    this.#buffers.push(buffer);
    return buffer;
  }

  /** Takes memory with numbers, and returns its address. */
  floats(count: number, value: (random: Random) => number = (random) => random.next() * 4 - 2): number {
    return this.filled(count, value).address;
  }

  /** Takes memory with numbers that a kernel changes. */
  filled(count: number, value: (random: Random) => number, tolerance = 0): Buffer {
    const buffer = this.output(count, tolerance);
    for (let i = 0; i < count; i++) this.#floats[buffer.address / 4 + i] = value(this.random);
    return buffer;
  }

  /** Takes memory with integers, and returns its address. */
  integers(values: ArrayLike<number>): number {
    const { address } = this.output(values.length);
    this.#words.set(values, address / 4);
    return address;
  }

  /** Indices of rows of a table. */
  indices(count: number, rows: number): number {
    return this.integers(Array.from({ length: count }, () => this.random.below(rows)));
  }

  readFloats({ address, words }: Buffer): Float32Array {
    return this.#floats.slice(address / 4, address / 4 + words);
  }

  /**
   * Runs a launch in parts that end at `ends`, the last one first, as a pool of threads does. Returns the whole memory as
   * it is afterwards; then the memory is as it was before.
   *
   * @param allow tells a sanitizer which memory the kernel may use, if there is one.
   * @throws if the kernel wrote to anything but its outputs.
   */
  run(launch: Launch, kernels: Kernels, ends: readonly number[], allow?: Allow): Int32Array {
    const scratch = this.#top;
    const scratchWords = Math.ceil((launch.scratchBytes ?? 0) / 4);
    const used = scratch / 4 + scratchWords + gap / 4;
    if (4 * used > bytes) throw new Error('a launch needs more memory than the arena has');
    const before = this.#words.slice(0, used);
    writeArguments(launch, this.#words);
    this.#guard(launch, scratch, allow, false);
    try {
      for (let part = ends.length - 1; part >= 0; part--) {
        kernels[launch.kernel](ARGUMENTS, part === 0 ? 0 : ends[part - 1], ends[part], scratch);
      }
    } finally {
      this.#guard(launch, scratch, allow, true);
    }
    const after = this.#words.slice(0, used);
    this.#words.set(before);
    const writable = [...launch.outputs, { address: scratch, words: scratchWords }];
    for (let i = HEAP / 4; i < used; i++) {
      if (after[i] === before[i]) continue;
      const own = writable.some(({ address, words }) => i >= address / 4 && i < address / 4 + words);
      if (!own) throw new Error(`${launch.kernel} wrote to word ${i}, which is not in an output`);
    }
    return after;
  }

  /** Forbids the memory between the buffers and their slack, or allows all of it. */
  #guard(launch: Launch, scratch: number, allow: Allow | undefined, all: boolean): void {
    if (allow === undefined) return;
    const view = (address: number, length: number) => new Uint8Array(this.memory.buffer, address, length);
    allow(view(HEAP, bytes - HEAP), all);
    if (all) return;
    for (const { address, words } of this.#buffers) allow(view(address, 4 * words + SLACK_BYTES), true);
    if (launch.scratchBytes) allow(view(scratch, launch.scratchBytes), true);
  }
}

/** `allow(view, allowed)` of an addon that is built with sanitizers. */
export type Allow = (view: Uint8Array, allowed: boolean) => void;

const writeArguments = ({ kernel, args }: Launch, words: Int32Array): void => {
  const { write } = kernels[kernel] as { write: (...args: unknown[]) => void };
  const block = words.subarray(ARGUMENTS / 4, ARGUMENTS / 4 + 64);
  write(args, (pointer: unknown) => (pointer ?? 0) as number, block, new Float32Array(block.buffer, ARGUMENTS, 64));
};
