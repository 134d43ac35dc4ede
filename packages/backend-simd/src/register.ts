import '@tensorflow/tfjs-backend-cpu';
import { copyRegisteredKernels, findBackendFactory, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { SimdBackend } from './backend.js';
import { type Build, compileKernels } from './engine.js';
import { SimdBackendError } from './errors.js';
import { registerAdam } from './kernels/adam.js';
import { registerAttention } from './kernels/attention.js';
import { registerDense, registerLayerNorm } from './kernels/dense.js';
import { registerElementwise } from './kernels/elementwise.js';
import { registerMatMul } from './kernels/matmul.js';
import { registerMovement } from './kernels/movement.js';
import { registerReductions } from './kernels/reductions.js';
import { registerRows } from './kernels/rows.js';
import { backendName } from './kernels/support.js';
import { SharedHeap } from './shared-heap.js';
import { ThreadPool } from './thread-pool.js';

export interface SimdBackendOptions {
  /**
   * Threads to compute on, this one among them, 1 .. 64. Default the environment variable `RECSYS_THREADS`, else one for each core; in a
   * browser page that is not cross-origin isolated, where threads cannot share memory, 1.
   */
  readonly threads?: number;
  /** Which build of the kernels to run. Default the best that the engine accepts. */
  readonly build?: Build;
}

/**
 * Registers the backend as `simd`; `tf.setBackend('simd')` then starts it. A backend registered before is replaced, and its tensors are lost.
 *
 * @throws {SimdBackendError} when `threads` is out of range, or the engine lacks what the kernels need.
 */
export const registerSimdBackend = (options: SimdBackendOptions = {}): void => {
  const threads = threadsOf(options);
  const { module, build } = compileKernels(options.build);
  if (findBackendFactory(backendName) != null) removeBackend(backendName);
  registerKernels();
  registerBackend(
    backendName,
    async () => {
      const heap = new SharedHeap();
      return new SimdBackend(heap, await ThreadPool.start(heap, module, threads, cores()), build);
    },
    4,
  );
};

let kernelsRegistered = false;

/** Takes over every kernel of `cpu`, then puts ours in their place. Kernels are found by backend name, so once is enough. */
const registerKernels = (): void => {
  if (kernelsRegistered) return;
  kernelsRegistered = true;
  copyRegisteredKernels('cpu', backendName);
  registerMatMul();
  registerElementwise();
  registerReductions();
  registerMovement();
  registerAttention();
  registerDense();
  registerLayerNorm();
  registerRows();
  registerAdam();
};

/** Returns how many threads can share memory and run at a time. */
const cores = (): number => {
  if (typeof process !== 'undefined' && process.versions?.node)
    return process.getBuiltinModule('node:os').availableParallelism();
  return globalThis.crossOriginIsolated ? globalThis.navigator.hardwareConcurrency : 1;
};

const threadsOf = ({ threads }: SimdBackendOptions): number => {
  const variable = typeof process === 'undefined' ? undefined : process.env?.RECSYS_THREADS;
  const count = threads ?? (variable ? Number(variable) : cores());
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    const source = threads === undefined ? 'RECSYS_THREADS' : 'option threads';
    throw new SimdBackendError(
      `registerSimdBackend: ${source} must be an integer in 1..64, got ${threads ?? variable}`,
    );
  }
  return count;
};
