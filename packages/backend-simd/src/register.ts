import { assertKnownOptions } from '@recsys/errors';
import '@tensorflow/tfjs-backend-cpu';
import { findBackendFactory, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { SimdBackend } from './backend.js';
import { type Build, compileKernels } from './engine.js';
import { SimdBackendError } from './errors.js';
import { SharedHeap } from './heap/index.js';
import { backendName, registerKernels, scatterRowUpdates } from './kernels/index.js';
import { ThreadPool, threadPlan } from './threads/index.js';

/** Options of `registerSimdBackend`. */
export interface SimdBackendOptions {
  /**
   * Number of threads to compute on, 1..64; the calling thread is one of them. Default the environment variable
   * `RECSYS_THREADS`, else one per core, at most 64. Where threads cannot share memory, as in a browser page that is
   * not cross-origin isolated, there is one, and `backend.threadsNote` says why.
   */
  readonly threads?: number | undefined;
  /** The build of the kernels to run. Default the best one that the engine accepts. */
  readonly build?: Build | undefined;
}

/**
 * Registers the backend as `simd`, and returns nothing. `tf.setBackend('simd')` then starts it. A backend that was
 * registered before is replaced, and its tensors are lost.
 *
 * @throws {SimdBackendError} `bad-thread-count` when `threads` or `RECSYS_THREADS` is not an integer in 1..64;
 * `bad-option` for an unknown option or build; `engine-unsupported` when the engine lacks what the kernels need.
 *
 * @example
 * ```ts
 * import { registerSimdBackend, type SimdBackend } from '@recsys/backend-simd';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * registerSimdBackend({ threads: 2 });
 * await tf.setBackend('simd');
 * const { threads, threadsNote } = tf.backend() as unknown as SimdBackend; // 2, undefined
 * ```
 */
export const registerSimdBackend = (options: SimdBackendOptions = {}): void => {
  const { threads, build: wanted } = options;
  assertKnownOptions('registerSimdBackend', options, ['threads', 'build'], { ErrorClass: SimdBackendError });
  const plan = threadPlan(threads);
  const { module, build } = compileKernels(wanted);
  if (findBackendFactory(backendName) != null) removeBackend(backendName);
  registerKernels();
  const priority = 4; // above those of wasm and cpu
  registerBackend(
    backendName,
    async () => {
      const heap = new SharedHeap();
      return new SimdBackend(heap, await ThreadPool.start(heap, module, plan), build, scatterRowUpdates);
    },
    priority,
  );
};
