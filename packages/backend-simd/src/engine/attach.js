/**
 * Loads the addon with the native kernels, and binds them to a memory. It is plain JavaScript, as the workers are, which
 * do the same. It runs in Node alone: nothing here is an import that a bundler would follow.
 */

/**
 * An addon with native kernels, and the instruction set to run, in a form that workers can be given.
 *
 * @typedef {{ readonly file: string, readonly instructionSet: string }} NativeKernels
 */

/**
 * @param {string} file path of the addon.
 * @returns {{
 *   layout: string,
 *   instructionSets: string[],
 *   attach(view: Int32Array, instructionSet: string): Attached,
 *   preferHugePages(view: Uint8Array): void,
 * }}
 */
export const loadAddon = (file) => process.getBuiltinModule('node:module').createRequire(file)(file);

/** Bytes below the control block that each thread may use to ask its question. */
const questionBytes = 16;

/**
 * @typedef {(args: number, begin: number, end: number, scratch: number) => void} Kernel
 * @typedef {{ kernels: Record<string, Kernel>, attentionScratch(time: number, width: number): number, read: number }} Attached
 */

/**
 * Returns the native kernels, bound to a memory. Nothing documents that a Node-API addon sees a shared WebAssembly
 * memory where JavaScript does, so both read a number that the other has written.
 *
 * @param {NativeKernels} native
 * @param {WebAssembly.Memory} memory
 * @param {number} thread number of the calling thread, 0..63.
 * @returns {Attached}
 * @throws if the addon does not load, or sees another memory.
 */
export const attachNative = ({ file, instructionSet }, memory, thread) => {
  const view = new Int32Array(memory.buffer, questionBytes * thread, 2);
  const question = Math.floor(Math.random() * 2 ** 31);
  view[0] = question;
  view[1] = question;
  const attached = loadAddon(file).attach(view, instructionSet);
  const answer = Atomics.load(new Int32Array(memory.buffer), (questionBytes * thread) / 4 + 1);
  if (attached.read !== question || answer !== ~question) throw new Error('the addon does not see the shared memory');
  return attached;
};

/**
 * Asks the system to keep a memory, as large as it is now, in large pages where it can.
 *
 * @param {NativeKernels} native
 * @param {WebAssembly.Memory} memory
 */
export const preferHugePages = ({ file }, memory) => loadAddon(file).preferHugePages(new Uint8Array(memory.buffer));
