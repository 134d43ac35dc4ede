import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { random, removeSimdAfterEach, useSimd } from '../test-backend.js';
import type * as attach from './attach.js';
import { chooseEngine } from './index.js';

removeSimdAfterEach();

/** An addon without the kernel `matmul`. */
vi.mock('./attach.js', async (original) => {
  const real = await original<typeof attach>();
  return {
    ...real,
    attachNative: (...args: Parameters<typeof real.attachNative>) => {
      const attached = real.attachNative(...args);
      const { matmul, ...kernels } = attached.kernels;
      return { ...attached, kernels };
    },
  };
});

const isNative = (() => {
  try {
    return chooseEngine('native').build.startsWith('native-');
  } catch {
    return false;
  }
})();

describe.skipIf(!isNative)('native kernels that lack one', () => {
  it('run with that of WebAssembly in its place', async () => {
    const results: Record<string, Float32Array[]> = {};
    for (const build of ['native', 'wasm'] as const) {
      await useSimd({ threads: 1, build });
      results[build] = tf.tidy(() => {
        const [a, b] = [random([70, 50], 1), random([50, 30], 2)];
        return [tf.matMul(a, b), tf.sum(tf.square(random([9, 1000], 3)), 1)].map((y) => y.dataSync<'float32'>());
      });
    }
    const [[product, sums], [productOfWasm, sumsOfWasm]] = [results.native, results.wasm];
    expect(product).toEqual(productOfWasm); // bit by bit
    expect(sums).not.toEqual(sumsOfWasm); // added in another order, by a native kernel
  });
});
