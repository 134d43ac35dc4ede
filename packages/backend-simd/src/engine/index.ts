/** What computes: the builds of the kernels, and the choice of one. */
export { attachNative, preferHugePages } from './attach.js';
export { type Build, type BuildChoice, chooseEngine, type KernelEngine } from './engine.js';
export type { NativeBuild } from './native.js';
export type { WasmBuild } from './wasm.js';
