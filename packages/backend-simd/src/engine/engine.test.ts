import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SimdBackendError } from '../errors.js';
import { random, removeSimdAfterEach, useSimd } from '../test-backend.js';
import { type BuildChoice, chooseEngine } from './index.js';
import { forgetNative, nativeBuilds } from './native.js';

removeSimdAfterEach();
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  forgetNative();
});

/** Native builds that run here. */
const here = nativeBuilds.filter((build) => {
  try {
    return chooseEngine(build).build === build;
  } catch {
    return false;
  }
});
const elsewhere = nativeBuilds.find((build) => !here.includes(build))!;

describe('chooseEngine', () => {
  it('takes the best native kernels, or says why there are none', () => {
    vi.stubEnv('RECSYS_ENGINE', '');
    const { build, buildNote } = chooseEngine();
    expect(build).toBe(here[0] ?? chooseEngine('wasm').build);
    if (here.length === 0) expect(buildNote).toMatch(/^no native kernels: /);
    else expect(buildNote).toBeUndefined();
  });

  it('takes what RECSYS_ENGINE says, unless an option says otherwise', () => {
    vi.stubEnv('RECSYS_ENGINE', 'wasm');
    const { build, native, buildNote } = chooseEngine();
    expect(build).toMatch(/simd$/);
    expect([native, buildNote]).toEqual([undefined, undefined]);
    vi.stubEnv('RECSYS_ENGINE', 'simd');
    expect(chooseEngine().build).toBe('simd');
    for (const native of here) expect(chooseEngine(native).build).toBe(native);
    vi.stubEnv('RECSYS_ENGINE', elsewhere);
    expect(chooseEngine('simd').build).toBe('simd');
  });

  const errorOf = (choice?: BuildChoice): SimdBackendError => {
    try {
      chooseEngine(choice);
    } catch (error) {
      if (SimdBackendError.isInstance(error)) return error as SimdBackendError;
      throw error;
    }
    throw new Error('no error');
  };

  it('does not fall back from what was asked for', () => {
    expect(errorOf('avx2' as BuildChoice)).toMatchObject({ code: 'bad-option' });
    expect(errorOf(elsewhere).code).toBe('engine-unsupported');
    expect(errorOf(elsewhere).message).toContain(`build is ${elsewhere}, but `);
    vi.stubEnv('RECSYS_ENGINE', 'fast');
    expect(errorOf()).toMatchObject({ code: 'bad-engine' });
    expect(errorOf().message).toContain('RECSYS_ENGINE must be one of native, ');
    vi.stubEnv('RECSYS_ENGINE', elsewhere);
    expect(errorOf()).toMatchObject({ code: 'bad-engine' });
    expect(errorOf().message).toContain(`RECSYS_ENGINE is ${elsewhere}, but `);
  });

  it('uses WebAssembly, with a reason, where there is nothing to search in', () => {
    vi.stubEnv('RECSYS_ENGINE', '');
    vi.spyOn(process, 'getBuiltinModule').mockImplementation((() => {
      throw new Error('no modules');
    }) as never);
    forgetNative();
    expect(chooseEngine()).toMatchObject({
      build: expect.stringMatching(/simd$/),
      buildNote: 'no native kernels: no modules',
    });
    forgetNative();
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(chooseEngine().buildNote).toBe('no native kernels: SharedArrayBuffer is missing');
  });
});

describe.skipIf(here.length === 0).each(here)('%s', (build) => {
  it('sees memory that has grown', async () => {
    const product = () => tf.tidy(() => tf.matMul(random([70, 50], 1), random([50, 30], 2)).dataSync<'float32'>());
    const { heap } = await useSimd({ threads: 2, build });
    const before = product();
    const reserved = heap.bytesReserved;
    const large = [0, 1, 2].map(() => tf.ones([3000, 3000]));
    expect(heap.bytesReserved).toBeGreaterThan(reserved);
    const sums = tf.tidy(() => tf.sum(tf.add(large[0], large[2])).dataSync<'float32'>()[0]);
    expect(sums).toBe(2 * 3000 * 3000);
    expect(product()).toEqual(before);
    tf.dispose(large);
  });

  it('gives bit-identical results on 1, 2 and 4 threads', async () => {
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 4]) {
      await useSimd({ threads, build });
      const product = () => tf.softmax(tf.relu(tf.matMul(random([500, 300], 1), random([300, 70], 2))));
      results.push(tf.tidy(() => tf.sum(product(), 0).dataSync<'float32'>()));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});
