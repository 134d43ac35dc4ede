import { SimdBackendError } from '../errors.js';
import relaxedSimd from '../generated/relaxed-simd.js';
import simd from '../generated/simd.js';

/**
 * A WebAssembly build of the kernels. Relaxed SIMD multiplies and adds in one instruction, which rounds once.
 */
export type WasmBuild = 'relaxed-simd' | 'simd';

const texts: Readonly<Record<WasmBuild, string>> = { 'relaxed-simd': relaxedSimd, simd };

/** The builds, the best first. */
export const wasmBuilds = ['relaxed-simd', 'simd'] as const satisfies readonly WasmBuild[];

/**
 * Compiles the best WebAssembly build that this JavaScript engine supports, or the given one.
 *
 * @throws {SimdBackendError} `engine-unsupported` if the engine does not support it.
 */
export const compileWasm = (build?: WasmBuild): { module: WebAssembly.Module; build: WasmBuild } => {
  if (typeof WebAssembly !== 'undefined') {
    for (const name of build === undefined ? wasmBuilds : [build]) {
      const bytes = Uint8Array.from(atob(texts[name]), (character) => character.charCodeAt(0));
      if (WebAssembly.validate(bytes)) return { module: new WebAssembly.Module(bytes), build: name };
    }
  }
  throw new SimdBackendError(
    'engine-unsupported',
    `simd backend: this engine cannot run WebAssembly with ${build ?? 'SIMD and threads'}`,
  );
};
