import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useTestBackend } from '../../../../test/support/tensors.js';
import { dropout } from './dropout.js';
import { randomBits, randomKey } from './dropout-random.js';

useTestBackend();

describe('dropout', () => {
  const ones = () => tf.ones([100, 100]);

  it('keeps 1 - rate of the elements, divided by 1 - rate', () => {
    const kept = dropout(ones(), { rate: 0.2, key: randomKey(1, 2) })
      .dataSync()
      .filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.8)]));
    expect(Math.abs(kept.length / 10_000 - 0.8)).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / 10_000));
  });

  it('has a different mask for each step, layer and seed, and always the same one', () => {
    const mask = (...names: [number, ...number[]]) =>
      dropout(ones(), { rate: 0.5, key: randomKey(...names) })
        .dataSync()
        .join('');
    expect(mask(1, 2, 3)).toBe(mask(1, 2, 3));
    expect(new Set([mask(1, 2, 3), mask(1, 2, 4), mask(1, 3, 3), mask(2, 2, 3), mask(1, 3, 2)]).size).toBe(5);
  });

  it('has independent masks at different steps', () => {
    const [a, b] = [1, 2].map((step) => dropout(ones(), { rate: 0.5, key: randomKey(7, step) }).dataSync<'float32'>());
    const agreeing = a!.reduce((sum, value, i) => sum + (value === b![i] ? 1 : 0), 0);
    expect(Math.abs(agreeing / 10_000 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 10_000));
  });
});

describe('randomBits', () => {
  it('is uniform over its range (chi-square of 16 bins, 15 degrees of freedom, p > 0.001)', () => {
    const bins = new Float64Array(16);
    for (let i = 0; i < 160_000; i++) bins[randomBits(randomKey(3), i) >>> 12] += 1;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(37.7);
  });
});
