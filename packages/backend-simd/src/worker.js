/**
 * A thread of the pool: takes chunks of the current launch until there are none, then waits for the next. Plain JavaScript, so that it
 * runs as it stands wherever the package is loaded from. Started with { module, memory, names, control, args, index, spins }.
 */
import { word } from './protocol.js';

const start = async ({ module, memory, names, control, args, index, spins }) => {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = names.map((name) => instance.exports[name]);
  const words = new Int32Array(memory.buffer, control, 256);

  for (;;) {
    const wake = Atomics.load(words, word.wake);
    let remaining = Atomics.load(words, word.remaining);
    for (let spin = 0; remaining <= 0 && spin < spins; spin++) remaining = Atomics.load(words, word.remaining);
    if (remaining <= 0) {
      if (Atomics.load(words, word.quit) === 1) return;
      Atomics.wait(words, word.wake, wake);
      continue;
    }
    // A claim that succeeds is one of the launch that is current now: its arguments stay until all of its chunks are done.
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

if (typeof process !== 'undefined' && process.versions?.node) {
  import('node:worker_threads').then(({ workerData }) => start(workerData));
} else {
  globalThis.onmessage = ({ data }) => start(data);
}
