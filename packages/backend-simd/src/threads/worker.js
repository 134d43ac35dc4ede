/**
 * A thread of the pool: processes chunks of the current launch until none are left, then waits for the next launch. It
 * is plain JavaScript, so it runs unchanged wherever the package is loaded from. Receives { module, native, memory,
 * names, control, args, index, spins } and responds with a message when it has started.
 */
import { attachNative } from '../engine/attach.js';
import { word } from './protocol.js';

const start = async ({ module, native, memory, names, control, args, index, spins }, answer) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const attached = native === undefined ? {} : attachNative(native, memory, index).kernels;
  const kernels = names.map((name) => attached[name] ?? exports[name]);
  const words = new Int32Array(memory.buffer, control, 256);
  Atomics.add(words, word.started, 1);
  answer('started');

  for (;;) {
    const wake = Atomics.load(words, word.wake);
    let remaining = Atomics.load(words, word.remaining);
    for (let spin = 0; remaining <= 0 && spin < spins; spin++) remaining = Atomics.load(words, word.remaining);
    if (remaining <= 0) {
      if (Atomics.load(words, word.quit) === 1) return;
      Atomics.wait(words, word.wake, wake);
      continue;
    }
    // A successful claim belongs to the current launch, whose arguments stay valid until all of its chunks are done.
    if (Atomics.compareExchange(words, word.remaining, remaining, remaining - 1) !== remaining) continue;
    const begin = (remaining - 1) * words[word.grain];
    const end = Math.min(begin + words[word.grain], words[word.count]);
    try {
      kernels[words[word.kernel]](args, begin, end, words[word.scratch] + index * words[word.scratchBytes]);
    } catch {
      Atomics.store(words, word.failed, 1);
    }
    const chunks = words[word.chunks];
    if (Atomics.add(words, word.done, 1) + 1 === chunks) Atomics.notify(words, word.done);
  }
};

/** Turns a failure into an error event of the worker; in a browser, a rejected promise is not one. */
const fail = (error) => {
  setTimeout(() => {
    throw error;
  });
};

if (typeof process !== 'undefined' && process.versions?.node) {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  start(workerData, (message) => parentPort.postMessage(message)).catch(fail);
} else {
  globalThis.onmessage = ({ data }) => start(data, (message) => globalThis.postMessage(message)).catch(fail);
}
