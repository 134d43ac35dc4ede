import { SimdBackendError } from '../errors.js';
import type { NativeKernels } from './attach.js';
import { findNative, type NativeBuild, nativeBuilds } from './native.js';
import { compileWasm, type WasmBuild, wasmBuilds } from './wasm.js';

/**
 * A build of the kernels. Those of one build have the same results bit for bit on any number of threads; another build
 * may round differently.
 */
export type Build = WasmBuild | NativeBuild;

/** A build to use, or a kind of it: `native` and `wasm` are the best one of their kind. */
export type BuildChoice = Build | 'native' | 'wasm';

/** The kernels that a pool of threads runs. */
export interface KernelEngine {
  /** The kernels of WebAssembly, which compute whatever native ones do not. */
  readonly module: WebAssembly.Module;
  readonly native?: NativeKernels | undefined;
  readonly build: Build;
  /** Why the kernels are not native, unless WebAssembly was asked for. */
  readonly buildNote?: string | undefined;
}

const choices: readonly string[] = ['native', ...nativeBuilds, 'wasm', ...wasmBuilds];

/**
 * Chooses the kernels: `wanted`, or `RECSYS_ENGINE`, or the best that run here.
 *
 * @throws {SimdBackendError} `bad-option` or, for `RECSYS_ENGINE`, `bad-engine` if the choice is unknown;
 * `engine-unsupported` or `bad-engine` if native kernels are wanted that are not here, with the reason;
 * `engine-unsupported` if the JavaScript engine cannot run WebAssembly as is needed.
 */
export const chooseEngine = (wanted?: BuildChoice): KernelEngine => {
  const variable = isNode ? process.env.RECSYS_ENGINE || undefined : undefined;
  const choice = wanted ?? variable;
  if (choice !== undefined && !choices.includes(choice)) {
    const message = `must be one of ${choices.join(', ')}, got ${choice}`;
    throw wanted === undefined
      ? new SimdBackendError('bad-engine', `registerSimdBackend: RECSYS_ENGINE ${message}`)
      : new SimdBackendError('bad-option', `registerSimdBackend: build ${message}`);
  }
  const wasm = compileWasm(wasmBuilds.find((build) => build === choice));
  if (choice !== undefined && !choice.startsWith('native')) return wasm;
  const found = findNative(
    wasm.module,
    nativeBuilds.find((build) => build === choice),
  );
  if ('native' in found) return { ...wasm, ...found };
  if (choice === undefined) return { ...wasm, buildNote: `no native kernels: ${found.reason}` };
  throw wanted === undefined
    ? new SimdBackendError('bad-engine', `registerSimdBackend: RECSYS_ENGINE is ${choice}, but ${found.reason}`)
    : new SimdBackendError('engine-unsupported', `registerSimdBackend: build is ${choice}, but ${found.reason}`);
};

const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node);
