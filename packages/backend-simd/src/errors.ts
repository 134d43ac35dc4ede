/** An error of the `simd` backend: no memory left, a thread that ended, an engine without what it needs. */
export class SimdBackendError extends Error {
  override readonly name = 'SimdBackendError';
}
