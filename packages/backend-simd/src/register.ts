import { assertKnownOptions } from '@recsys/errors';
import '@tensorflow/tfjs-backend-cpu';
import { findBackendFactory, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { SimdBackend } from './backend.js';
import { type BuildChoice, chooseEngine } from './engine/index.js';
import { SimdBackendError } from './errors.js';
import { SharedHeap } from './heap/index.js';
import { backendName, registerKernels, scatterRowUpdates } from './kernels/index.js';
import { ThreadPool, threadPlan } from './threads/index.js';

/** Options of `registerSimdBackend`. */
export interface SimdBackendOptions {
  /**
   * Number of threads, 1..64, including the calling thread. Default: the environment variable `RECSYS_THREADS`, or one
   * per core up to 64. If threads cannot share memory, as in a browser page that is not cross-origin isolated, only one
   * is used, and `backend.threadsNote` gives the reason.
   */
  readonly threads?: number | undefined;
  /**
   * The build of the kernels to use, or `native` or `wasm` for the best one of that kind. Default: the environment
   * variable `RECSYS_ENGINE`, or the best one that runs here: native kernels if there are any for this platform, else
   * WebAssembly, and `backend.buildNote` gives the reason.
   */
  readonly build?: BuildChoice | undefined;
}

/**
 * Registers the backend as `simd`; `tf.setBackend('simd')` then starts it. A `simd` backend that is already registered
 * is replaced, and its tensors are lost.
 *
 * @throws {SimdBackendError} `bad-thread-count` if `threads` or `RECSYS_THREADS` is not an integer in 1..64;
 * `bad-option` if an option or build is unknown; `bad-engine` if `RECSYS_ENGINE` is unknown or cannot run here;
 * `engine-unsupported` if the JavaScript engine or this machine cannot run the kernels.
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
  const engine = chooseEngine(wanted);
  if (findBackendFactory(backendName) != null) removeBackend(backendName);
  registerKernels();
  const priority = 4; // higher than wasm and cpu
  registerBackend(
    backendName,
    async () => {
      const heap = new SharedHeap();
      return new SimdBackend(heap, await ThreadPool.start(heap, engine, plan), engine, scatterRowUpdates);
    },
    priority,
  );
};
