import { availableParallelism } from 'node:os';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { engineName } from './engine.js';
import { type BackendName, selectBackend } from './select-backend.js';

describe('selectBackend', () => {
  it('takes the best backend that loads, and says why better ones were skipped', async () => {
    const { backend, from, skipped } = await selectBackend();
    expect(tf.getBackend()).toBe(backend);
    // The native packages are optional peers: where one is installed it is taken, elsewhere both are named.
    if (backend === 'tensorflow') expect(from).toMatch(/^@tensorflow\/tfjs-node/);
    else {
      expect(backend).toBe('simd');
      expect(skipped.map(({ name }) => name)).toEqual(['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']);
      for (const { reason } of skipped) expect(reason).not.toBe('');
    }
  });

  it('takes the preferred backend', async () => {
    expect(await selectBackend({ prefer: 'cpu' })).toEqual({
      backend: 'cpu',
      from: '@tensorflow/tfjs-backend-cpu',
      skipped: [],
    });
    expect(tf.getBackend()).toBe('cpu');
    expect((await selectBackend({ prefer: 'wasm' })).backend).toBe('wasm');
  });

  it('says how many threads compute, and why there is one', async () => {
    const { threads, threadsNote } = await selectBackend({ prefer: 'simd' });
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threadsNote).toBeUndefined();
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      expect(await selectBackend({ prefer: 'simd' })).toMatchObject({
        threads: 1,
        ...(availableParallelism() > 1 && { threadsNote: expect.stringContaining('SharedArrayBuffer is missing') }),
      });
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('refuses a backend it does not know', async () => {
    await expect(selectBackend({ prefer: 'webgl' as BackendName })).rejects.toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: 'selectBackend: prefer must be one of tensorflow, simd, wasm, cpu, got "webgl"',
      }),
    );
  });

  it('says why the backend that it was asked for does not load', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    try {
      await expect(selectBackend({ prefer: 'simd' })).rejects.toThrow(
        expect.objectContaining({
          code: 'no-backend',
          message: expect.stringMatching(/^selectBackend: simd does not load here \(@recsys\/backend-simd: .+\)$/),
        }),
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('gives the wasm backend the gradient of tf.gather, equal to that of cpu', async () => {
    const gradient = async (prefer: BackendName) => {
      await selectBackend({ prefer });
      return tf.tidy(() => {
        const indices = tf.tensor2d([0, 3, 3, 1], [2, 2], 'int32');
        const weights = tf.tensor3d(
          Array.from({ length: 8 }, (_, i) => i + 1),
          [2, 2, 2],
        );
        const table = tf.tensor2d(new Float32Array(8), [4, 2]);
        return [
          ...tf
            .grad((x) => tf.sum(tf.mul(tf.gather(x, indices), weights)))(table)
            .dataSync(),
        ];
      });
    };
    expect(await gradient('wasm')).toEqual([1, 2, 7, 8, 0, 0, 3 + 5, 4 + 6]);
    expect(await gradient('cpu')).toEqual(await gradient('wasm'));
  });
});

it('says which kernels compute, and why they are not native', async () => {
  const { build } = await selectBackend({ prefer: 'simd' });
  expect(build).toMatch(/^native-|simd$/);
  expect(engineName()).toBe(`simd ${build}`);
  vi.stubEnv('RECSYS_ENGINE', 'wasm');
  try {
    const choice = await selectBackend({ prefer: 'simd' });
    expect(choice.build).toMatch(/simd$/);
    expect(choice.buildNote).toBeUndefined(); // as asked for
    vi.stubEnv('RECSYS_ENGINE', 'fastest');
    await expect(selectBackend()).rejects.toMatchObject({ code: 'bad-engine' });
  } finally {
    vi.unstubAllEnvs();
  }
  if (build?.startsWith('native-')) return;
  expect((await selectBackend({ prefer: 'simd' })).buildNote).toMatch(/^no native kernels: /);
});

it('does not hide a wrong RECSYS_THREADS behind a slower backend', async () => {
  process.env.RECSYS_THREADS = 'many';
  try {
    await expect(selectBackend({ prefer: 'simd' })).rejects.toThrow('RECSYS_THREADS');
    await expect(selectBackend()).rejects.toMatchObject({ code: 'bad-thread-count' });
  } finally {
    delete process.env.RECSYS_THREADS;
  }
});
