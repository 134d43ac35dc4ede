import { describe, expect, it } from 'vitest';
import { describeBackend } from './shared-options.js';

describe('describeBackend', () => {
  const missing = { name: '@tensorflow/tfjs-node', reason: 'not installed' };

  it('does not mention what was never installed', () => {
    const choice = { backend: 'simd', from: '@recsys/backend-simd', threads: 2, skipped: [missing] } as const;
    expect(describeBackend(choice)).toBe('simd, 2 threads');
    expect(describeBackend({ ...choice, build: 'native-avx2' })).toBe('simd native-avx2, 2 threads');
    const buildNote = 'no native kernels: recsys.node: file too short';
    expect(describeBackend({ ...choice, build: 'simd', buildNote })).toBe(`simd, 2 threads · ${buildNote}`);
    expect(describeBackend({ ...choice, build: 'simd', buildNote: 'no native kernels: x is not installed' })).toBe(
      'simd, 2 threads',
    );
    expect(describeBackend({ ...choice, threads: 1, threadsNote: 'SharedArrayBuffer is missing' })).toBe(
      'simd, 1 thread · SharedArrayBuffer is missing',
    );
  });

  it('says why a better backend that is there was skipped', () => {
    const failed = { name: '@recsys/backend-simd', reason: 'did not start' };
    const choice = { backend: 'wasm', from: '@tensorflow/tfjs-backend-wasm', skipped: [missing, failed] } as const;
    expect(describeBackend(choice)).toBe('wasm · without @recsys/backend-simd: did not start');
  });
});
