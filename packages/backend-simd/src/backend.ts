/*
 * How this backend works.
 *
 * To run an op, tfjs looks up a kernel (a function registered for the op and the backend) and calls it with the backend
 * and the inputs. A backend stores the data of tensors. Here all data is in one heap, shared with WebAssembly and the
 * worker threads. We copy all kernels of the `cpu` backend, which work on `entry.values`, and replace the hot ones
 * (`kernels/`) by launches of a native kernel (`native/`) or a WebAssembly kernel (`assembly/`) on all threads. So every
 * op works, and those that training needs are fast. One kind of tensor is special: the gradient of an embedding table has few nonzero rows, so
 * it is stored as a list of row updates (`heap/row-updates.ts`), which Adam reads directly. If other code reads the
 * values of such a tensor, the list is first turned into a table. Rows of the table without a gradient take the steps of
 * Adam later (`deferred/`), when they are read; if other code reads the table, all rows take them first.
 */

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  type BackendValues,
  type DataId,
  type DataType,
  type TensorInfo,
  type TypedArray,
  util,
} from '@tensorflow/tfjs-core';
import { DeferredRows } from './deferred/index.js';
import type { Build, KernelEngine } from './engine/index.js';
import { ELEMENT_BLOCK, type KernelArguments, type KernelName, type Resolve, ZEROS } from './generated/arguments.js';
import { type Block, blocksOf, type RowUpdates, type SharedHeap } from './heap/index.js';
import type { ThreadPool, Work } from './threads/index.js';

/** The data of a tensor. The kernels copied from the `cpu` backend read `values`. */
interface Entry {
  values: BackendValues;
  dtype: DataType;
  refCount: number;
  /** Memory of the values; absent for strings and complex numbers. */
  block?: Block;
  /** The same values converted to other types: `cpu` casts by renaming, so an int32 tensor may be used as float32. */
  casts?: Map<DataType, Block>;
  updates?: RowUpdates;
  /** The rows of a weight or a moment that may have missed steps of Adam. */
  deferred?: DeferredRows;
  /** The highest value of an int32 tensor, once it was used as indices. */
  highest?: number;
}

/** Writes the table `[rows, width]` of a list of row updates to an address. */
export type ScatterRowUpdates = (backend: SimdBackend, updates: RowUpdates, table: number) => void;

/**
 * A tfjs backend whose tensors are in memory shared with native or WebAssembly kernels and worker threads. It is the `cpu`
 * backend with the hot kernels replaced: all other ops run as on `cpu`. Created by `registerSimdBackend` and
 * `tf.setBackend`.
 *
 * @example
 * ```ts
 * registerSimdBackend({ threads: 2 });
 * await tf.setBackend('simd');
 * const backend = tf.backend() as unknown as SimdBackend;
 * backend.threads; // 2
 * backend.threadsNote; // undefined
 * backend.build; // 'native-avx512', or 'relaxed-simd' where there are no native kernels
 * backend.buildNote; // why they are not native; otherwise undefined
 * ```
 */
export class SimdBackend extends MathBackendCPU {
  /** Address of 64 bytes of zeros. */
  readonly zeros = ZEROS;

  readonly #resolve: Resolve = (pointer) => {
    if (typeof pointer === 'number') return pointer;
    return pointer === undefined ? 0 : this.block(pointer).address;
  };

  constructor(
    readonly heap: SharedHeap,
    readonly pool: ThreadPool,
    private readonly engine: KernelEngine,
    private readonly scatter: ScatterRowUpdates,
  ) {
    super();
    (this as unknown as { firstUse: boolean }).firstUse = false; // no advice about other backends on the console
  }

  /** Number of threads that compute, including the calling thread. */
  get threads(): number {
    return this.pool.threads;
  }

  /**
   * Why there is only one thread, if more were requested or the machine has more cores; otherwise undefined.
   */
  get threadsNote(): string | undefined {
    return this.pool.threadsNote;
  }

  /** The build of the kernels in use. */
  get build(): Build {
    return this.engine.build;
  }

  /** Why the kernels are not native, unless WebAssembly was asked for; otherwise undefined. */
  get buildNote(): string | undefined {
    return this.engine.buildNote;
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = this.#newDataId();
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    if (dtype === 'string' || dtype === 'complex64' || values == null) {
      this.data.set(dataId, { values, dtype, refCount } as never);
      return;
    }
    const entry = this.#newEntry(util.sizeFromShape(shape), dtype, refCount);
    (entry.values as TypedArray).set(values as TypedArray);
    this.data.set(dataId, entry as never);
  }

  /** Returns a tensor with unspecified contents, for a kernel to fill; owned by the caller. */
  output(shape: number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): TensorInfo {
    const dataId = this.#newDataId();
    this.data.set(dataId, this.#newEntry(util.sizeFromShape(shape), dtype, 1) as never);
    return { dataId, shape, dtype };
  }

  /** Returns a new data id: an object with a number from `cpu`. */
  #newDataId(): DataId {
    return { id: (this as unknown as { nextDataId(): number }).nextDataId() };
  }

  #newEntry(size: number, dtype: DataType, refCount: number): Entry & { block: Block } {
    const block = this.heap.block(dtype === 'bool' ? size : size * 4);
    const view = { float32: 'floats', int32: 'integers', bool: 'bytes' } as const;
    const values = this.heap[view[dtype as keyof typeof view]](block.address, size);
    return { values, dtype, refCount, block };
  }

  /**
   * Returns a gradient of a table, `[rows, width]`, that stays a list of updates until its values are read. It keeps
   * their blocks.
   */
  outputOfUpdates(updates: RowUpdates): TensorInfo {
    for (const block of blocksOf(updates)) block.holders += 1;
    const dataId = this.#newDataId();
    const backend = this;
    const entry: Entry = {
      dtype: 'float32',
      refCount: 1,
      updates,
      get values() {
        backend.#settle(entry, updates);
        return entry.values;
      },
      set values(values) {
        Object.defineProperty(entry, 'values', { value: values, writable: true });
      },
    };
    this.data.set(dataId, entry as never);
    return { dataId, shape: [updates.rows, updates.width], dtype: 'float32' };
  }

  /** Replaces updates by their table. */
  #settle(entry: Entry, updates: RowUpdates): void {
    const { values, block } = this.#newEntry(updates.rows * updates.width, 'float32', 1);
    this.scatter(this, updates, block.address);
    delete entry.updates;
    entry.values = values;
    entry.block = block;
    this.#release(updates);
  }

  #release(updates: RowUpdates): void {
    for (const block of blocksOf(updates)) this.heap.release(block);
  }

  /** Returns the updates of a tensor that is stored as a list, and undefined for any other tensor. */
  updatesOf({ dataId }: { dataId: DataId }): RowUpdates | undefined {
    return this.#entry(dataId).updates;
  }

  /**
   * Returns the address of a table, for a kernel that reads only the rows `indices`. They are brought up to date if they
   * have missed steps of Adam; other rows may be behind. Kernels that read whole tables take `address(table)`, or the
   * tensor itself as an argument: then all rows are up to date.
   *
   * @param indices int32, of any shape; all of them rows of the table.
   */
  rowsOf(table: TensorInfo, indices: TensorInfo): number {
    const { deferred, dtype, block } = this.#entry(table.dataId);
    if (deferred === undefined || dtype !== table.dtype || deferred.rows !== table.shape[0]) return this.address(table);
    deferred.catchUp(this.address(indices), util.sizeFromShape(indices.shape), indices.dataId);
    return block!.address;
  }

  /**
   * Lets rows of a weight `[rows, width]` and its moments miss steps of Adam. All of them are up to date at first.
   */
  defer(tensors: readonly TensorInfo[], beta1: number, beta2: number): DeferredRows {
    const holders = tensors.map(({ dataId }) => this.#entry(dataId));
    for (const { deferred } of holders) deferred?.end();
    const [rows, width] = tensors[0].shape;
    return new DeferredRows(this.heap, this.launch.bind(this), { holders, rows, width }, beta1, beta2);
  }

  /** Returns the rows that a weight and its moments have deferred together, if they have. */
  deferredOf(tensors: readonly TensorInfo[]): DeferredRows | undefined {
    const [deferred, ...others] = tensors.map(({ dataId }) => this.#entry(dataId).deferred);
    return others.every((other) => other === deferred) ? deferred : undefined;
  }

  /** Returns the address of the values of a tensor. */
  address(tensor: { dataId: DataId; dtype: DataType }): number {
    return this.block(tensor).address;
  }

  /**
   * Returns the highest index in an int32 tensor, taking negative ones as unsigned; -1 if it is empty.
   */
  highestIndex(tensor: TensorInfo): number {
    const entry = this.#entry(tensor.dataId);
    entry.highest ??= this.#highestOf(this.address(tensor), util.sizeFromShape(tensor.shape));
    return entry.highest;
  }

  #highestOf(indices: number, size: number): number {
    if (size === 0) return -1;
    const blocks = Math.ceil(size / ELEMENT_BLOCK);
    return this.withMemory(4 * blocks, (highest) => {
      this.launch('highestIndices', { indices, highest, size }, { count: blocks, grain: 64 });
      let most = 0;
      for (const word of this.heap.integers(highest, blocks)) most = Math.max(most, word >>> 0);
      return most;
    });
  }

  /** Returns the memory of a tensor, which row updates can share. Values of another type are converted first. */
  block({ dataId, dtype }: { dataId: DataId; dtype: DataType }): Block {
    const entry = this.#entry(dataId);
    if (entry.updates !== undefined) this.#settle(entry, entry.updates);
    entry.deferred?.settle(entry);
    return entry.dtype === dtype ? entry.block! : this.#cast(entry, dtype);
  }

  /** Returns the values of an entry converted to another type; the result is cached. */
  #cast(entry: Entry, dtype: DataType): Block {
    entry.casts ??= new Map();
    let block = entry.casts.get(dtype);
    if (block === undefined) {
      const values = entry.values as TypedArray;
      const cast = this.#newEntry(values.length, dtype, 1);
      (cast.values as TypedArray).set(values);
      block = cast.block;
      entry.casts.set(dtype, block);
    }
    return block;
  }

  #entry(dataId: DataId): Entry {
    return this.data.get(dataId) as unknown as Entry;
  }

  override readSync(dataId: DataId): BackendValues {
    const { dtype, values } = this.#entry(dataId);
    if (dtype === 'string' || dtype === 'complex64') return super.readSync(dataId);
    return (values as TypedArray).slice(); // a copy, because the memory is reused
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.data.has(dataId) ? this.#entry(dataId) : undefined;
    if (entry?.deferred !== undefined && (force || entry.refCount <= 1)) entry.deferred.end();
    const disposed = super.disposeData(dataId, force);
    if (disposed && entry !== undefined) {
      if (entry.updates !== undefined) this.#release(entry.updates);
      else if (entry.block !== undefined) this.heap.release(entry.block);
      for (const block of entry.casts?.values() ?? []) this.heap.release(block);
    }
    return disposed;
  }

  /**
   * Runs a kernel on all threads and returns when it is done. Pass the arguments as one object literal:
   * spreading another object into it takes several microseconds on Node 20, as long as a small kernel.
   *
   * @throws {SimdBackendError} `worker-lost` if a worker has exited or does not respond.
   */
  launch<Name extends KernelName>(name: Name, args: KernelArguments[Name], work: Work): void {
    this.pool.launch(name, args, work, this.#resolve);
  }

  /** Calls `use` with the address of `bytes` bytes of memory, which is freed afterwards. */
  withMemory<T>(bytes: number, use: (address: number) => T): T {
    const address = this.heap.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.heap.free(address, bytes);
    }
  }

  /** Part of `tf.memory()`: bytes of the shared memory that are in use, and bytes reserved. */
  override memory() {
    return {
      unreliable: false,
      sharedBytesInUse: this.heap.bytesInUse,
      sharedBytesReserved: this.heap.bytesReserved,
    } as unknown as ReturnType<MathBackendCPU['memory']>;
  }

  override dispose(): void {
    this.pool.dispose();
  }
}
