import { SimdBackendError } from './errors.js';
import relaxedSimd from './generated/relaxed-simd.js';
import simd from './generated/simd.js';

const texts = { 'relaxed-simd': relaxedSimd, simd };

/** Which of the two builds of the kernels runs. Relaxed SIMD multiplies and adds in one instruction, rounding once. */
export type Build = keyof typeof texts;

/**
 * Returns the best build of the kernels that this engine accepts, compiled.
 *
 * @throws {SimdBackendError} `engine-unsupported` when it accepts none; `bad-option` when `build` is not the name of
 * one.
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
