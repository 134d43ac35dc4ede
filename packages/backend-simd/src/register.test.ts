import os from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SimdBackendError } from './errors.js';
import { registerSimdBackend, type SimdBackendOptions } from './register.js';
import { removeSimdAfterEach, useSimd } from './test-backend.js';

removeSimdAfterEach();
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    if (SimdBackendError.isInstance(error)) return error.code;
    throw error;
  }
  return 'no error';
};

describe('registerSimdBackend', () => {
  it.each([0, 65, 1.5])('rejects %d threads', (threads) => {
    expect(() => registerSimdBackend({ threads })).toThrow(
      `option threads must be an integer in 1..64, got ${threads}`,
    );
    expect(codeOf(() => registerSimdBackend({ threads }))).toBe('bad-thread-count');
  });

  it.each(['0', '65', 'abc', '1.5'])('rejects RECSYS_THREADS=%s, with its name', (value) => {
    vi.stubEnv('RECSYS_THREADS', value);
    expect(() => registerSimdBackend()).toThrow(`RECSYS_THREADS must be an integer in 1..64, got ${value}`);
    expect(codeOf(() => registerSimdBackend())).toBe('bad-thread-count');
    expect(tf.findBackendFactory('simd')).toBeNull();
  });

  it('takes the number of threads from RECSYS_THREADS', async () => {
    vi.stubEnv('RECSYS_THREADS', '3');
    expect(await useSimd({})).toMatchObject({ threads: 3, threadsNote: undefined });
  });

  it('starts 64 threads on a machine with more cores', { timeout: 120_000 }, async () => {
    vi.stubEnv('RECSYS_THREADS', '');
    vi.spyOn(os, 'availableParallelism').mockReturnValue(96);
    expect(await useSimd({})).toMatchObject({ threads: 64, threadsNote: undefined });
  });

  it('rejects unknown options and builds', () => {
    expect(() => registerSimdBackend({ thread: 2 } as SimdBackendOptions)).toThrow('unknown option thread;');
    expect(() => registerSimdBackend({ build: 'sse' as 'simd' })).toThrow(
      'build must be one of native, native-avx512, native-avx2, native-neon, wasm, relaxed-simd, simd, got sse',
    );
    expect(codeOf(() => registerSimdBackend({ build: 'sse' as 'simd' }))).toBe('bad-option');
  });

  it('reports an engine that cannot run the kernels', () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(() => registerSimdBackend()).toThrow('this engine cannot run WebAssembly with SIMD and threads');
    expect(codeOf(() => registerSimdBackend())).toBe('engine-unsupported');
  });
});
