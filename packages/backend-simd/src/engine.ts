import { SimdBackendError } from './errors.js';
import relaxedSimd from './generated/relaxed-simd.js';
import simd from './generated/simd.js';

/** Which of the two builds of the kernels runs: relaxed SIMD multiplies and adds in one instruction. */
export type Build = 'relaxed-simd' | 'simd';

/**
 * Returns the best build of the kernels that this engine accepts.
 * @throws {SimdBackendError} when it accepts neither.
 */
export const compileKernels = (build?: Build): { module: WebAssembly.Module; build: Build } => {
  const texts: Record<Build, string> = { 'relaxed-simd': relaxedSimd, simd };
  for (const name of build === undefined ? (['relaxed-simd', 'simd'] as const) : [build]) {
    const bytes = Uint8Array.from(atob(texts[name]), (character) => character.charCodeAt(0));
    if (WebAssembly.validate(bytes)) return { module: new WebAssembly.Module(bytes), build: name };
  }
  throw new SimdBackendError(`simd backend: this engine does not run WebAssembly with ${build ?? 'SIMD and threads'}`);
};
