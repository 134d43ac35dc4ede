/** Helpers for the tests of this package. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect } from 'vitest';
import type { SimdBackend } from './backend.js';
import { registerSimdBackend, type SimdBackendOptions } from './register.js';

/** Starts the backend and returns it. */
export const useSimd = async (options: SimdBackendOptions = { threads: 2 }): Promise<SimdBackend> => {
  registerSimdBackend(options);
  await tf.setBackend('simd');
  await tf.ready();
  return tf.backend() as unknown as SimdBackend;
};

/** Removes the backend after each test of the file. */
export const removeSimdAfterEach = (): void =>
  afterEach(() => {
    if (tf.findBackendFactory('simd') != null) tf.removeBackend('simd');
  });

/** Expects an op to give the same result on `simd` as on `cpu`. */
export const expectAsOnCpu = async (op: () => tf.Tensor, tolerance = 1e-5): Promise<void> => {
  const results: { values: Float32Array; shape: number[] }[] = [];
  for (const backend of ['cpu', 'simd']) {
    await tf.setBackend(backend);
    const y = tf.tidy(op);
    results.push({ values: y.dataSync<'float32'>().slice(), shape: y.shape });
    y.dispose();
  }
  const [cpu, simd] = results;
  expect(simd.shape).toEqual(cpu.shape);
  for (const [i, value] of cpu.values.entries()) {
    const scale = Math.max(1, Math.abs(value));
    if (!Object.is(value, simd.values[i])) {
      expect(Math.abs(value - simd.values[i]) / scale).toBeLessThanOrEqual(tolerance);
    }
  }
};

export const random = (shape: number[], seed: number): tf.Tensor => tf.randomUniform(shape, -2, 2, 'float32', seed);
