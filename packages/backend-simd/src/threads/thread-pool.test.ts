import { EventEmitter } from 'node:events';
import workerThreads from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { ARGUMENTS } from '../generated/arguments.js';
import { removeSimdAfterEach, useSimd } from '../test-backend.js';
import { word } from './protocol.js';

removeSimdAfterEach();
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Replaces Node's workers by fake ones. */
const replaceWorkers = (behave: (worker: EventEmitter, words: Int32Array) => void): { terminated: number } => {
  const count = { terminated: 0 };
  class FakeWorker extends EventEmitter {
    constructor(_: URL, { workerData }: { workerData: { memory: WebAssembly.Memory; control: number } }) {
      super();
      behave(this, new Int32Array(workerData.memory.buffer, workerData.control, 256));
    }
    unref(): void {}
    terminate(): void {
      count.terminated += 1;
    }
  }
  const { getBuiltinModule } = process;
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) => {
    if (name === 'node:worker_threads') return { ...workerThreads, Worker: FakeWorker };
    return name === 'node:os' ? { availableParallelism: () => 2 } : getBuiltinModule(name);
  }) as never);
  return count;
};

const product = () => tf.tidy(() => tf.sum(tf.matMul(tf.ones([600, 60]), tf.ones([60, 60]))).dataSync()[0]);

/** Computes the test that the pool gives its workers at the start. */
const square = (words: Int32Array): void => {
  const [address, , size] = new Int32Array(words.buffer, ARGUMENTS, 3);
  const values = new Float32Array(words.buffer, address, size);
  values.forEach((value, i) => {
    values[i] = value * value;
  });
  Atomics.store(words, word.done, words[word.chunks]);
};

/** Requests three threads, and expects one that computes. */
const expectOneThread = async (note: string): Promise<void> => {
  const backend = await useSimd({ threads: 3 });
  expect(backend).toMatchObject({ threads: 1, threadsNote: `threads did not start: ${note}` });
  expect(product()).toBe(600 * 60 * 60);
};

it('starts threads that compute', async () => {
  const backend = await useSimd({ threads: 3 });
  expect(backend).toMatchObject({ threads: 3, threadsNote: undefined });
  expect(backend.pool.workers).toHaveLength(2);
  expect(product()).toBe(600 * 60 * 60);
});

it('falls back to one thread if a worker fails to load', async () => {
  const count = replaceWorkers((worker) => setTimeout(() => worker.emit('error', new Error('no such file'))));
  await expectOneThread('a worker failed: no such file');
  expect(count.terminated).toBe(2);
});

it('falls back to one thread if a worker exits at once', async () => {
  replaceWorkers((worker) => setTimeout(() => worker.emit('exit', 7)));
  await expectOneThread('a worker exited with code 7');
});

it('falls back to one thread if a worker does not respond', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const count = replaceWorkers(() => {});
  const started = expectOneThread('a worker did not start in 15 s');
  await vi.advanceTimersByTimeAsync(15_000);
  await started;
  expect(count.terminated).toBe(2);
});

it('falls back to one thread if a worker does not share memory', async () => {
  replaceWorkers((worker) => setTimeout(() => worker.emit('message', 'started')));
  await expectOneThread('workers do not share memory');
});

it('falls back to one thread if a worker computes wrong results', async () => {
  replaceWorkers((worker, words) => {
    Atomics.add(words, word.started, 1);
    setTimeout(() => worker.emit('message', 'started'));
    const poll = setInterval(() => {
      if (Atomics.load(words, word.remaining) <= 0) return;
      clearInterval(poll);
      Atomics.store(words, word.remaining, 0);
      Atomics.store(words, word.done, words[word.chunks]);
    });
  });
  await expectOneThread('workers computed wrong results');
});

it('falls back to one thread if a worker exits after its start, before all have computed', async () => {
  replaceWorkers((worker, words) => {
    const last = Atomics.add(words, word.started, 1) === 1;
    setTimeout(() => {
      worker.emit('message', 'started');
      if (last) worker.emit('exit', 3);
    });
    const poll = setInterval(() => {
      if (Atomics.load(words, word.remaining) <= 0) return;
      clearInterval(poll);
      Atomics.store(words, word.remaining, 0);
      square(words);
    });
  });
  await expectOneThread('a worker exited with code 3');
});
