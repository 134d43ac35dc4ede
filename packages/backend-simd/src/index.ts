export { SimdBackend } from './backend.js';
export type { Build } from './engine.js';
export { SimdBackendError } from './errors.js';
export { registerSimdBackend, type SimdBackendOptions } from './register.js';
export type { KernelTime } from './thread-pool.js';
