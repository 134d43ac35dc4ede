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

/**
 * The memory shared by tensors, kernels and threads: one `WebAssembly.Memory`. Block sizes come in classes (four per
 * doubling), blocks start at multiples of 64 bytes, and a freed block is reused by the next allocation of its class.
 * Only one thread allocates and frees.
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
  readonly #free: readonly number[][] = Array.from({ length: sizeClassOf(2 ** 32) + 1 }, () => []);

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
    const address = this.#free[sizeClass].pop() ?? this.#extend(size) ?? this.#takeLarger(sizeClass);
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

  /** Takes a block from unused memory. */
  #extend(size: number): number | undefined {
    const address = this.#top;
    const needed = address + size + SLACK_BYTES - this.#end;
    if (needed > 0 && !this.#grow(Math.max(needed, Math.min(growthBytes, this.#end)))) {
      if (!this.#grow(needed)) return undefined;
    }
    this.#top += size;
    return address;
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

  /** Takes a free block of a larger size if memory cannot grow. From then on, it counts as one of this size. */
  #takeLarger(sizeClass: number): number | undefined {
    return this.#free
      .slice(sizeClass + 1)
      .find((blocks) => blocks.length > 0)
      ?.pop();
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
