import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { SimdBackendError } from './errors.js';
import { random, removeSimdAfterEach, useSimd } from './test-backend.js';

removeSimdAfterEach();

describe('SimdBackend', () => {
  it('gives bit-identical results on 1, 2 and 4 threads', async () => {
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 4]) {
      await useSimd({ threads });
      const product = () => tf.softmax(tf.relu(tf.matMul(random([500, 300], 1), random([300, 70], 2))));
      results.push(tf.tidy(() => tf.sum(product(), 0).dataSync<'float32'>()));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('frees memory and reuses it', async () => {
    const { heap } = await useSimd();
    const work = (rows: number) =>
      tf.tidy(() => void tf.matMul(random([rows, 30], 1), random([30, 20], 2), false, false));
    for (let rows = 1; rows <= 200; rows++) work(rows);
    const { bytesInUse, bytesReserved } = heap;
    for (let round = 0; round < 5; round++) for (let rows = 1; rows <= 200; rows++) work(rows);
    expect(heap.bytesInUse).toBe(bytesInUse);
    expect(heap.bytesReserved).toBe(bytesReserved);
    expect(tf.memory()).toMatchObject({
      unreliable: false,
      sharedBytesInUse: bytesInUse,
      sharedBytesReserved: bytesReserved,
    });
  });

  it('returns copies of values', async () => {
    await useSimd();
    const x = tf.tensor1d([1, 2, 3]);
    const values = x.dataSync();
    x.dispose();
    tf.tidy(() => void tf.tensor1d([7, 8, 9]));
    expect(Array.from(values)).toEqual([1, 2, 3]);
    expect(values.buffer).not.toBeInstanceOf(SharedArrayBuffer);
  });

  it('fails and does not hang if a worker is lost', async () => {
    const { pool } = await useSimd({ threads: 2 });
    const big = () => tf.tidy(() => tf.matMul(random([600, 60], 1), random([60, 60], 2)).dataSync());
    big();
    await pool.workers[0].terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(big).toThrow(SimdBackendError);
    expect(big).toThrow(/a worker exited with code \d; restart the program/);
  });

  it('turns a list of updates into a table once, when it is read, and releases the list', async () => {
    const { heap } = await useSimd();
    const before = heap.bytesInUse;
    const gradient = tf.tidy(() => {
      const table = tf.ones([4, 3]) as tf.Tensor2D;
      const indices = tf.tensor1d([2, 0, 2], 'int32');
      const dy = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]);
      return tf.engine().runKernel('RecsysGatherRowsGrad', { dy, indices }, { rows: table.shape[0] }) as tf.Tensor;
    });
    expect(Array.from(gradient.dataSync())).toEqual([4, 5, 6, 0, 0, 0, 8, 10, 12, 0, 0, 0]);
    expect(Array.from(gradient.dataSync())).toEqual([4, 5, 6, 0, 0, 0, 8, 10, 12, 0, 0, 0]);
    gradient.dispose();
    expect(heap.bytesInUse).toBe(before);
  });
});
