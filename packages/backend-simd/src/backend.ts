import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  type BackendValues,
  type DataId,
  type DataType,
  type TensorInfo,
  type TypedArray,
  util,
} from '@tensorflow/tfjs-core';
import type { Build } from './engine.js';
import { scatterRowUpdates } from './kernels/scatter-updates.js';
import { blocksOf, type RowUpdates } from './row-updates.js';
import { type Block, layout, type SharedHeap } from './shared-heap.js';
import type { KernelName, Launch, ThreadPool } from './thread-pool.js';

/** What the backend knows of the data of a tensor. `values` is read by the kernels taken over from the `cpu` backend. */
interface Entry {
  values: BackendValues;
  dtype: DataType;
  refCount: number;
  /** Where the values are; absent for strings and complex numbers. */
  block?: Block;
  /** The same values as numbers of another type: `cpu` casts by renaming, so an int32 tensor may be used as float32. */
  casts?: Map<DataType, Block>;
  updates?: RowUpdates;
}

/**
 * A tfjs backend whose tensors live in memory that WebAssembly kernels and worker threads share. It is the `cpu` backend with the hot
 * kernels replaced: an op without a kernel of ours runs as it does there.
 */
export class SimdBackend extends MathBackendCPU {
  /** Address of 64 bytes of zeros. */
  readonly zeros = layout.zeros;

  constructor(
    readonly heap: SharedHeap,
    readonly pool: ThreadPool,
    readonly build: Build,
  ) {
    super();
    (this as unknown as { firstUse: boolean }).firstUse = false; // no advice on the console
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

  /** Returns a new name of data: an object of its own, which `cpu` numbers. */
  #newDataId(): DataId {
    return { id: (this as unknown as { nextDataId(): number }).nextDataId() };
  }

  #newEntry(size: number, dtype: DataType, refCount: number): Entry {
    const block = this.heap.block(dtype === 'bool' ? size : size * 4);
    const view = { float32: 'floats', int32: 'integers', bool: 'bytes' } as const;
    const values = this.heap[view[dtype as keyof typeof view]](block.address, size);
    return { values, dtype, refCount, block };
  }

  /** Returns a gradient of a table, `[rows, width]`, that is kept as its updates until someone reads it; holds their blocks. */
  outputOfUpdates(updates: RowUpdates): TensorInfo {
    for (const block of blocksOf(updates)) block.holders += 1;
    const dataId = this.#newDataId();
    const backend = this;
    const entry: Entry = {
      dtype: 'float32',
      refCount: 1,
      updates,
      get values() {
        backend.#settle(entry);
        return entry.values;
      },
      set values(values) {
        Object.defineProperty(entry, 'values', { value: values, writable: true });
      },
    };
    this.data.set(dataId, entry as never);
    return { dataId, shape: [updates.rows, updates.width], dtype: 'float32' };
  }

  /** Makes a table out of updates. */
  #settle(entry: Entry): void {
    const updates = entry.updates!;
    const { values, block } = this.#newEntry(updates.rows * updates.width, 'float32', 1);
    scatterRowUpdates(this, updates, block!.address);
    delete entry.updates;
    entry.values = values;
    entry.block = block!;
    this.#release(updates);
  }

  #release(updates: RowUpdates): void {
    for (const block of blocksOf(updates)) this.heap.release(block);
  }

  /** Returns the updates that a tensor is kept as, if it is. */
  updatesOf({ dataId }: { dataId: DataId }): RowUpdates | undefined {
    return this.#entry(dataId).updates;
  }

  /** Returns where the values of a tensor are; they move here first when another backend has them. */
  address(tensor: { dataId: DataId; dtype: DataType }): number {
    return this.block(tensor).address;
  }

  /** Returns where the values of tensors are; 0 for one that is not given. */
  addresses(...tensors: readonly ({ dataId: DataId; dtype: DataType } | undefined)[]): number[] {
    return tensors.map((tensor) => (tensor === undefined ? 0 : this.address(tensor)));
  }

  /** Returns the memory of a tensor, for row updates to share. */
  block({ dataId, dtype }: { dataId: DataId; dtype: DataType }): Block {
    const entry = this.#entry(dataId);
    if (entry.updates !== undefined) this.#settle(entry);
    return entry.dtype === dtype ? entry.block! : this.#cast(entry, dtype);
  }

  /** Returns the values of an entry as another type, made at most once. */
  #cast(entry: Entry, dtype: DataType): Block {
    entry.casts ??= new Map();
    let block = entry.casts.get(dtype);
    if (block === undefined) {
      const values = entry.values as TypedArray;
      const cast = this.#newEntry(values.length, dtype, 1);
      (cast.values as TypedArray).set(values);
      block = cast.block!;
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
    return (values as TypedArray).slice(); // a copy: the memory may soon be another tensor's
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.data.has(dataId) ? this.#entry(dataId) : undefined;
    const disposed = super.disposeData(dataId, force);
    if (disposed && entry !== undefined) {
      if (entry.updates !== undefined) this.#release(entry.updates);
      else if (entry.block !== undefined) this.heap.release(entry.block);
      for (const block of entry.casts?.values() ?? []) this.heap.release(block);
    }
    return disposed;
  }

  /** Runs a kernel of ours on all threads. */
  launch(name: KernelName, launch: Launch): void {
    this.pool.launch(name, launch);
  }

  /** Lends `bytes` of memory to `use`. */
  withMemory<T>(bytes: number, use: (address: number) => T): T {
    const address = this.heap.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.heap.free(address, bytes);
    }
  }

  /** Figures for `tf.memory()`: bytes of the shared memory in use, and taken from the engine. */
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
