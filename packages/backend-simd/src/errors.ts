import { RecsysError } from '@recsys/errors';

/**
 * Codes of `SimdBackendError`:
 *
 * - `bad-option`: an option is unknown or has an invalid value
 * - `bad-thread-count`: `threads` or `RECSYS_THREADS` is not an integer in 1..64
 * - `bad-engine`: `RECSYS_ENGINE` names no build of the kernels, or one that does not run here
 * - `engine-unsupported`: the JavaScript engine lacks SIMD, threads or shared memory for WebAssembly, or the build that
 *   was asked for does not run here
 * - `out-of-memory`: the 4 GiB of memory for tensors are in use
 * - `index-out-of-range`: an index is not a row of its table, or an offset is not a token
 * - `shape-mismatch`: the shapes of the inputs of an op do not match
 * - `double-free`: memory was released twice, which is a bug
 * - `worker-lost`: a thread has exited or stopped responding
 */
export type SimdBackendErrorCode =
  | 'bad-option'
  | 'bad-thread-count'
  | 'bad-engine'
  | 'engine-unsupported'
  | 'out-of-memory'
  | 'index-out-of-range'
  | 'shape-mismatch'
  | 'double-free'
  | 'worker-lost';

/**
 * An error of the `simd` backend.
 *
 * @example
 * ```ts
 * try {
 *   registerSimdBackend({ threads: 65 });
 * } catch (error) {
 *   if (error instanceof SimdBackendError) console.error(error.code); // 'bad-thread-count'
 * }
 * ```
 */
export class SimdBackendError extends RecsysError {
  override readonly name = 'SimdBackendError';
  declare readonly code: SimdBackendErrorCode;

  constructor(code: SimdBackendErrorCode, problem: string) {
    super(code, problem);
  }
}
