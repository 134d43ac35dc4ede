/**
 * What went wrong, as a stable code:
 *
 * - `bad-option`: an option that does not exist, or has a value it cannot have
 * - `bad-thread-count`: `threads` or `RECSYS_THREADS` is not an integer in 1..64
 * - `engine-unsupported`: the engine lacks SIMD, threads or shared memory for WebAssembly
 * - `out-of-memory`: the 4 GiB that tensors share are in use
 * - `index-out-of-range`: an index that is not a row of its table, or an offset that is not a token
 * - `shape-mismatch`: tensors of one op whose shapes do not fit together
 * - `double-free`: memory was released twice, a bug
 * - `worker-lost`: a thread ended or stopped answering
 */
export type SimdBackendErrorCode =
  | 'bad-option'
  | 'bad-thread-count'
  | 'engine-unsupported'
  | 'out-of-memory'
  | 'index-out-of-range'
  | 'shape-mismatch'
  | 'double-free'
  | 'worker-lost';

/** Marks the errors of all `@recsys` packages, also those of another copy of a package. */
const marker = Symbol.for('recsys.error');

/** An error of the `simd` backend. `code` says which one. */
export class SimdBackendError extends Error {
  override readonly name = 'SimdBackendError';

  constructor(
    readonly code: SimdBackendErrorCode,
    message: string,
  ) {
    super(message);
    Object.defineProperty(this, marker, { value: true });
  }

  /**
   * Returns whether a value is an error of this class, from this copy of the package or another one.
   *
   * @example
   * ```ts
   * try {
   *   registerSimdBackend();
   * } catch (error) {
   *   if (SimdBackendError.isInstance(error) && error.code === 'engine-unsupported') useAnotherBackend();
   *   else throw error;
   * }
   * ```
   */
  static isInstance(value: unknown): value is SimdBackendError {
    if (typeof value !== 'object' || value === null) return false;
    const { name, [marker]: marked } = value as { name?: unknown; [marker]?: unknown };
    return marked === true && name === 'SimdBackendError';
  }
}
