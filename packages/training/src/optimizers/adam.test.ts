import type { NamedVariable } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useTestBackend } from '../../../../test/support/models.js';
import { Adam, clipByGlobalNorm } from './adam.js';

await useTestBackend();

const weight = (name: string, values: number[]): NamedVariable => ({
  name,
  variable: tf.variable(tf.tensor1d(values)),
  isEmbedding: false,
});

/** Algorithm 1 of the paper in float64, for one number. */
const reference = (
  start: number,
  gradients: number[],
  rate: number,
  beta1: number,
  beta2: number,
  epsilon: number,
  decay = 0,
  l2 = 0,
) => {
  let [w, m, v] = [start, 0, 0];
  gradients.forEach((ofLoss, i) => {
    const g = ofLoss + l2 * w;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    w -= rate * decay * w;
    w -= (rate * (m / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + epsilon);
  });
  return w;
};

describe('Adam', () => {
  it.each([
    [0, 0],
    [0.1, 0],
    [0, 0.3],
    [0.1, 0.3],
  ])('follows algorithm 1 of the paper, with decoupled decay %d and L2 %d', (weightDecay, l2) => {
    const w = weight('w', [1, -2]);
    const adam = new Adam([w], { beta2: 0.98, weightDecay, l2 });
    const gradients = [
      [0.5, -3],
      [0.25, 2],
      [-1, 0],
    ];
    for (const gradient of gradients) tf.tidy(() => adam.apply({ [w.variable.name]: tf.tensor1d(gradient) }, 0.1));
    const expected = [1, -2].map((start, i) =>
      reference(
        start,
        gradients.map((g) => g[i]),
        0.1,
        0.9,
        0.98,
        1e-8,
        weightDecay,
        l2,
      ),
    );
    [...w.variable.dataSync()].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  it('leaves a weight without a gradient, and one whose gradient is zero, where they are', () => {
    const [a, b] = [weight('a', [1]), weight('b', [0])];
    const adam = new Adam([a, b]);
    tf.tidy(() => adam.apply({ [b.variable.name]: tf.tensor1d([0]) }, 0.1));
    expect([a.variable.dataSync()[0], b.variable.dataSync()[0]]).toEqual([1, 0]);
  });

  it('continues bit for bit from a restored state', () => {
    const gradients = Array.from({ length: 9 }, (_, i) => [Math.sin(i) / 3, Math.cos(i * 7)]);
    const run = (interrupted: boolean) => {
      let w = weight('w', [0.3, -0.7]);
      let adam = new Adam([w]);
      gradients.forEach((gradient, i) => {
        if (interrupted && i === 4) {
          const [state, values] = [adam.state(), [...w.variable.dataSync()]];
          w = weight('w', values);
          adam = new Adam([w]);
          adam.restore(state);
        }
        tf.tidy(() => adam.apply({ [w.variable.name]: tf.tensor1d(gradient) }, 0.01));
      });
      return [...w.variable.dataSync()];
    };
    expect(run(true)).toEqual(run(false));
  });

  it('refuses L2 of rows that are to stay as they are', () => {
    expect(() => new Adam([], { lazy: true, l2: 0.1 })).toThrow('with l2 each row has one');
  });

  it('refuses the state of other weights', () => {
    const adam = new Adam([weight('w', [1, 2])]);
    expect(() =>
      adam.restore({ step: 1, firstMoments: new Map(), secondMoments: new Map(), deferred: new Map() }),
    ).toThrow('state of weight w must have 2 numbers, got none');
  });

  it('frees its tensors', () => {
    const w = weight('w', [1, 2]);
    const before = tf.memory().numTensors;
    const adam = new Adam([w]);
    tf.tidy(() => adam.apply({ [w.variable.name]: tf.tensor1d([1, 1]) }, 0.1));
    adam.dispose();
    adam.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('clipByGlobalNorm', () => {
  it('scales all gradients together when their norm is above the largest, and not below', () => {
    const gradients = { a: tf.tensor1d([3, 0]), b: tf.tensor1d([4]) };
    const at = (maxNorm: number) =>
      Object.values(clipByGlobalNorm(gradients, maxNorm)).flatMap((g) => [...g.dataSync()]);
    for (const [i, value] of [3, 0, 4].entries()) expect(at(1)[i]).toBeCloseTo(value / 5, 6);
    expect(at(6)).toEqual([3, 0, 4]);
  });
});
