import { SimdBackendError } from './errors.js';
import relaxedSimd from './generated/relaxed-simd.js';
import simd from './generated/simd.js';

const texts = { 'relaxed-simd': relaxedSimd, simd };

/** A build of the kernels. Relaxed SIMD multiplies and adds in one instruction, which rounds once. */
export type Build = keyof typeof texts;

/**
 * Compiles the best build of the kernels that this JavaScript engine supports, or the given one.
 *
 * @throws {SimdBackendError} `engine-unsupported` if the engine does not support it; `bad-option` if `build` is
 * unknown.
 */
export const compileKernels = (build?: Build): { module: WebAssembly.Module; build: Build } => {
  if (build !== undefined && !Object.hasOwn(texts, build)) {
    const names = Object.keys(texts).join(' or ');
    throw new SimdBackendError('bad-option', `registerSimdBackend: build must be ${names}, got ${String(build)}`);
  }
  if (typeof WebAssembly !== 'undefined') {
    for (const name of build === undefined ? (['relaxed-simd', 'simd'] as const) : [build]) {
      const bytes = Uint8Array.from(atob(texts[name]), (character) => character.charCodeAt(0));
      if (WebAssembly.validate(bytes)) return { module: new WebAssembly.Module(bytes), build: name };
    }
  }
  throw new SimdBackendError(
    'engine-unsupported',
    `simd backend: this engine cannot run WebAssembly with ${build ?? 'SIMD and threads'}`,
  );
};
