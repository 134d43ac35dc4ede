import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { recommend } from './index.js';

await useTestBackend();

/** A model whose items b and c point the same way, and d another; after `a` the scores are 4, 3 and 1. */
const model = new LastItemModel({ catalog: letters(4), units: 2 });
const [input, output] = model.trainableWeights();
const rows = (...values: number[][]) => tf.tensor2d([[0, 0], ...values]);
input.variable.assign(rows([1, 1], [0, 0], [0, 0], [0, 0]));
output.variable.assign(rows([0, 0], [4, 0], [3, 0], [0, 1]));

describe('diversity', () => {
  const items = (diversity: number, k = 3) => recommend(model, ['a'], { k, diversity }).map(({ item }) => item);

  it('is maximal marginal relevance over the item vectors', () => {
    expect(items(0)).toEqual(['b', 'c', 'd']);
    // Relevance of b, c, d: 1, 2/3, 0. After b: c has (1 - x) 2/3 - x, d has 0, so d is first from x = 0.4 on.
    expect(items(0.39)).toEqual(['b', 'c', 'd']);
    expect(items(0.41)).toEqual(['b', 'd', 'c']);
    expect(items(1, 2)).toEqual(['b', 'd']);
  });

  it('keeps the scores of the items', () => {
    expect(recommend(model, ['a'], { k: 2, diversity: 0.5 })).toEqual([
      { item: 'b', score: 4 },
      { item: 'd', score: 1 },
    ]);
  });

  it('must be in 0..1', () => {
    for (const diversity of [-0.1, 1.1, Number.NaN])
      expect(() => recommend(model, ['a'], { diversity })).toThrow('recommend: diversity must be in 0..1');
  });

  it('leaks nothing', () => {
    items(0.5);
    const before = tf.memory().numTensors;
    items(0.5);
    expect(tf.memory().numTensors).toBe(before);
  });
});
