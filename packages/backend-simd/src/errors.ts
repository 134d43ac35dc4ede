import { RecsysError } from '@recsys/errors';

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

/** An error of the `simd` backend. `code` says which one. */
export class SimdBackendError extends RecsysError {
  override readonly name = 'SimdBackendError';
  declare readonly code: SimdBackendErrorCode;

  constructor(code: SimdBackendErrorCode, problem: string) {
    super(code, problem);
  }
}
