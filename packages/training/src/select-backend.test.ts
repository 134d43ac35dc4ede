import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type BackendName, selectBackend } from './select-backend.js';

describe('selectBackend', () => {
  it('takes the best backend that loads, and says why better ones were passed over', async () => {
    const { backend, from, passedOver } = await selectBackend();
    expect(tf.getBackend()).toBe(backend);
    // The native packages are optional peers: where one is installed it is taken, elsewhere both are named.
    if (backend === 'tensorflow') expect(from).toMatch(/^@tensorflow\/tfjs-node/);
    else {
      expect(backend).toBe('wasm');
      expect(passedOver.map(({ name }) => name)).toEqual(['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']);
      for (const { reason } of passedOver) expect(reason).not.toBe('');
    }
  });

  it('takes the preferred backend', async () => {
    expect(await selectBackend({ prefer: 'cpu' })).toEqual({
      backend: 'cpu',
      from: '@tensorflow/tfjs-backend-cpu',
      passedOver: [],
    });
    expect(tf.getBackend()).toBe('cpu');
    expect((await selectBackend({ prefer: 'wasm' })).backend).toBe('wasm');
  });

  it('refuses a backend it does not know', async () => {
    await expect(selectBackend({ prefer: 'webgl' as BackendName })).rejects.toThrow(
      'prefer must be tensorflow, wasm or cpu and load here, got webgl',
    );
  });
});
