/** A tfjs backend for CPUs: native or WebAssembly SIMD kernels on threads with shared memory. */
export { SimdBackend } from './backend.js';
export type { Build, BuildChoice, NativeBuild, WasmBuild } from './engine/index.js';
export { SimdBackendError, type SimdBackendErrorCode } from './errors.js';
export { registerSimdBackend, type SimdBackendOptions } from './register.js';
export type { KernelTime } from './threads/index.js';
