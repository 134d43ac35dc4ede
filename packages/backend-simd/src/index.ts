/** A tfjs backend for CPUs: WebAssembly SIMD kernels on threads with shared memory. */
export { SimdBackend } from './backend.js';
export type { Build } from './engine.js';
export { SimdBackendError, type SimdBackendErrorCode } from './errors.js';
export { registerSimdBackend, type SimdBackendOptions } from './register.js';
export type { KernelTime } from './threads/index.js';
