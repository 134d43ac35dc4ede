import { SimdBackendError } from '../errors.js';
import { HEAP, SLACK_BYTES } from '../generated/arguments.js';

const pageBytes = 65536;
const maximumPages = 65536;
const growthBytes = 16 * 2 ** 20;

/** Memory with a count of its holders; it is freed when the last one releases it. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
  holders: number;
}

/** Free memory between blocks, at a multiple of 64 bytes. */
interface Gap {
  address: number;
  bytes: number;
}

/** Free blocks of fewer bytes than this are not merged before memory grows. */
const fewBytes = 64 * 2 ** 20;

/**
 * The memory shared by tensors, kernels and threads: one `WebAssembly.Memory`. Block sizes come in classes (four per
 * doubling), blocks start at multiples of 64 bytes, and a freed block is reused by the next allocation of its class.
 * Batches of other sizes need blocks of other classes, so adjacent free blocks are merged and split again: before memory
 * grows, if more of it is free than in use, and when it cannot grow. Only one thread allocates and frees.
 */
export class SharedHeap {
  readonly memory: WebAssembly.Memory;
  /** Is called when the memory has grown. */
  whenGrown: (() => void) | undefined;
  #buffer: ArrayBufferLike;
  #end: number;
  #top: number = HEAP;
  #inUse = 0;
  #quarantine: [number, number][] | undefined;
  /** Addresses of free blocks by class. */
  readonly #free: readonly number[][] = Array.from({ length: sizeClassOf(2 ** 32) + 1 }, () => []);
  /** What merging left. */
  #gaps: Gap[] = [];

  /** @throws {SimdBackendError} `engine-unsupported` if the engine has no shared memory. */
  constructor(memory = newMemory()) {
    this.memory = memory;
    this.#buffer = memory.buffer;
    this.#end = memory.buffer.byteLength;
  }

  /** Bytes in allocated blocks. */
  get bytesInUse(): number {
    return this.#inUse;
  }

  /** Bytes reserved; they never shrink. */
  get bytesReserved(): number {
    return this.#end;
  }

  /**
   * Returns the address of a block of at least `bytes` bytes with unspecified content.
   * @throws {SimdBackendError} `out-of-memory` if 4 GiB are in use.
   */
  allocate(bytes: number): number {
    const sizeClass = sizeClassOf(bytes);
    const size = sizeOfClass(sizeClass);
    const address = this.#free[sizeClass].pop() ?? this.#cut(size) ?? this.#growFor(size);
    if (address === undefined) {
      throw new SimdBackendError(
        'out-of-memory',
        `simd backend: no room for ${bytes} bytes; ${this.#inUse} of ${this.#end} are in use, and 4 GiB is the limit. Dispose tensors, or use smaller batches.`,
      );
    }
    this.#inUse += size;
    return address;
  }

  /** Frees what `allocate(bytes)` returned. */
  free(address: number, bytes: number): void {
    if (this.#quarantine !== undefined) {
      this.#quarantine.push([address, bytes]);
      return;
    }
    const sizeClass = sizeClassOf(bytes);
    this.#inUse -= sizeOfClass(sizeClass);
    this.#free[sizeClass].push(address);
  }

  /** Runs `use`, and frees memory only when it returns: for code that reads memory it has freed. */
  freeAfter<T>(use: () => T): T {
    const quarantine: [number, number][] = [];
    this.#quarantine = quarantine;
    try {
      return use();
    } finally {
      this.#quarantine = undefined;
      for (const [address, bytes] of quarantine) this.free(address, bytes);
    }
  }

  /** Allocates a block with one holder. */
  block(bytes: number): Block {
    return { address: this.allocate(bytes), bytes, holders: 1 };
  }

  /**
   * Releases a block for one of its holders. The last one frees it.
   * @throws {SimdBackendError} `double-free` if it has no holder.
   */
  release(block: Block): void {
    if (block.holders <= 0) {
      throw new SimdBackendError('double-free', `simd backend: the block at ${block.address} was released twice`);
    }
    block.holders -= 1;
    if (block.holders === 0) this.free(block.address, block.bytes);
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#buffer, address, length);
  }

  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.#buffer, address, length);
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer, address, length);
  }

  /** Takes a block from the smallest gap that has room for it, else from memory that was never used. */
  #cut(size: number): number | undefined {
    let best: Gap | undefined;
    for (const gap of this.#gaps) if (gap.bytes >= size && (best === undefined || gap.bytes < best.bytes)) best = gap;
    if (best === undefined) {
      const address = this.#top;
      if (address + size + SLACK_BYTES > this.#end) return undefined;
      this.#top += size;
      return address;
    }
    const { address } = best;
    best.address += size;
    best.bytes -= size;
    if (best.bytes === 0) this.#gaps.splice(this.#gaps.indexOf(best), 1);
    return address;
  }

  /** Takes a block from memory that is free, where merging finds enough of it, or that is added. */
  #growFor(size: number): number | undefined {
    const mergeable = this.#free.reduce((sum, { length }, sizeClass) => sum + length * sizeOfClass(sizeClass), 0);
    if (mergeable > Math.max(fewBytes, this.#inUse)) {
      this.#merge();
      const address = this.#cut(size);
      if (address !== undefined) return address;
    }
    const needed = this.#top + size + SLACK_BYTES - this.#end;
    if (!this.#grow(Math.max(needed, Math.min(growthBytes, this.#end))) && !this.#grow(needed)) this.#merge();
    return this.#cut(size);
  }

  /** Makes gaps of all free blocks. */
  #merge(): void {
    const all = this.#gaps;
    this.#free.forEach((addresses, sizeClass) => {
      const bytes = sizeOfClass(sizeClass);
      for (const address of addresses) all.push({ address, bytes });
      addresses.length = 0;
    });
    this.#gaps = [];
    for (const gap of all.sort((a, b) => a.address - b.address)) {
      const last = this.#gaps.at(-1);
      if (last !== undefined && last.address + last.bytes === gap.address) last.bytes += gap.bytes;
      else this.#gaps.push(gap);
    }
    const last = this.#gaps.at(-1);
    if (last !== undefined && last.address + last.bytes === this.#top) this.#top = this.#gaps.pop()!.address;
  }

  #grow(bytes: number): boolean {
    try {
      this.memory.grow(Math.ceil(bytes / pageBytes));
    } catch {
      return false;
    }
    this.#buffer = this.memory.buffer;
    this.#end = this.#buffer.byteLength;
    this.whenGrown?.();
    return true;
  }
}

const newMemory = (): WebAssembly.Memory => {
  try {
    return new WebAssembly.Memory({ initial: 256, maximum: maximumPages, shared: true });
  } catch (error) {
    throw new SimdBackendError('engine-unsupported', `simd backend: no shared memory: ${(error as Error).message}`);
  }
};

/** Sizes 64, 128, 192, 256, then four steps per doubling: 320, 384, 448, 512, 640, … */
function sizeClassOf(bytes: number): number {
  if (bytes <= 256) return Math.max(0, Math.ceil(bytes / 64) - 1);
  const exponent = 31 - Math.clz32(bytes - 1); // 2^exponent < bytes <= 2^(exponent + 1)
  return 4 + (exponent - 8) * 4 + (((bytes - 1) >>> (exponent - 2)) & 3);
}

const sizeOfClass = (sizeClass: number): number => {
  if (sizeClass < 4) return 64 * (sizeClass + 1);
  const exponent = 8 + ((sizeClass - 4) >> 2);
  return (5 + ((sizeClass - 4) & 3)) * 2 ** (exponent - 2);
};
