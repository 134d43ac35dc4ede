import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  expectClose,
  expectGradient,
  expectNoLeak,
  useTestBackend,
  values,
} from '../../../../../test/support/tensors.js';
import { causalAttention, causalAttentionWeights } from './causal-attention.js';
import { groupByLength } from './length-groups.js';

useTestBackend();

const off = { dropout: { rate: 0, key: 0 } };

describe('causalAttention', () => {
  it('is the weighted mean of the definition, computed by hand', () => {
    // One sequence of two tokens, one unit: token 0 attends to itself; token 1 weights both by exp(q1 · k).
    const [q, k, v] = [tf.tensor2d([[1], [2]]), tf.tensor2d([[0.5], [1]]), tf.tensor2d([[3], [5]])];
    const [w0, w1] = [Math.exp(2 * 0.5), Math.exp(2 * 1)];
    expectClose(causalAttention(q, k, v, Int32Array.of(0, 2), { numHeads: 1, ...off }).dataSync(), [
      3,
      (w0 * 3 + w1 * 5) / (w0 + w1),
    ]);
  });

  it('equals attention of each sequence alone, for various lengths and heads', () => {
    const lengths = [1, 17, 3, 0, 5, 4, 33];
    const offsets = Int32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b))]);
    const tokens = offsets.at(-1)!;
    for (const numHeads of [1, 2, 3]) {
      const [q, k, v] = [values([tokens, 6], 1), values([tokens, 6], 2), values([tokens, 6], 3)];
      const together = causalAttention(q, k, v, offsets, { numHeads, ...off });
      lengths.forEach((length, b) => {
        if (length === 0) return;
        const own = (x: tf.Tensor2D) => tf.slice(x, [offsets[b], 0], [length, 6]);
        const alone = causalAttention(own(q), own(k), own(v), Int32Array.of(0, length), { numHeads, ...off });
        expectClose(own(together).dataSync(), alone.dataSync());
      });
    }
  });

  it('does not let a later token change an earlier output', () => {
    const offsets = Int32Array.of(0, 5);
    const x = values([5, 4]);
    const changed: tf.Tensor2D = tf.add(x, tf.tensor2d([[0], [0], [0], [7], [0]]));
    const run = (x: tf.Tensor2D) => causalAttention(x, x, x, offsets, { numHeads: 2, ...off }).dataSync();
    const [before, after] = [run(x), run(changed)];
    expect([...after.subarray(0, 12)]).toEqual([...before.subarray(0, 12)]);
    expect([...after.subarray(12)]).not.toEqual([...before.subarray(12)]);
  });

  it('has the gradients of finite differences, with dropout', () => {
    const offsets = Int32Array.of(0, 3, 4);
    const [q, k, v] = [values([4, 4], 1), values([4, 4], 2), values([4, 4], 3)];
    const options = { numHeads: 2, dropout: { rate: 0.3, key: 5 } };
    expectGradient((q) => causalAttention(q, k, v, offsets, options), q);
    expectGradient((k) => causalAttention(q, k, v, offsets, options), k);
    expectGradient((v) => causalAttention(q, k, v, offsets, options), v);
  });

  it('drops weights at the given rate, scales the rest, and is repeatable by key', () => {
    const offsets = Int32Array.of(0, 40);
    const [zeros, ones] = [tf.zeros<tf.Rank.R2>([40, 2]), tf.ones<tf.Rank.R2>([40, 2])];
    const run = (key: number) =>
      causalAttention(zeros, zeros, ones, offsets, { numHeads: 2, dropout: { rate: 0.25, key } }).dataSync();
    expect([...run(1)]).toEqual([...run(1)]);
    expect([...run(1)]).not.toEqual([...run(2)]);
    // The last token averages 40 ones, each kept with probability .75 and divided by .75: mean 1 over keys.
    const last = Array.from({ length: 50 }, (_, key) => run(key).at(-1)!);
    const mean = last.reduce((a, b) => a + b) / last.length;
    expect(Math.abs(mean - 1)).toBeLessThan(4 * (Math.sqrt(0.25 / 0.75 / 40) / Math.sqrt(50)));
  });

  it('leaks no tensors, forward and backward', () => {
    const x = values([4, 4]);
    const run = (x: tf.Tensor) =>
      causalAttention(x as tf.Tensor2D, x as tf.Tensor2D, x as tf.Tensor2D, Int32Array.of(0, 3, 4), {
        numHeads: 2,
        ...off,
      });
    expectNoLeak(() => tf.tidy(() => void tf.grad((x) => tf.sum(run(x)))(x)));
  });
});

describe('causalAttentionWeights', () => {
  it('returns rows over earlier keys that sum to 1, and reproduces the attention', () => {
    const offsets = Int32Array.of(0, 2, 12);
    const [q, k, v] = [values([12, 4], 1), values([12, 4], 2), values([12, 4], 3)];
    const weights = causalAttentionWeights(q, k, offsets, { numHeads: 1 });
    expect(weights.map(({ shape }) => shape)).toEqual([
      [1, 2, 2],
      [1, 10, 10],
    ]);
    expectClose(tf.sum(weights[1], 2).dataSync(), new Array(10).fill(1));
    expect(weights[0].dataSync()[1]).toBe(0);
    const own = tf.slice(v, [2, 0], [10, 4]);
    const attended = tf.matMul(tf.reshape(weights[1], [10, 10]), own);
    const expected = tf.slice(causalAttention(q, k, v, offsets, { numHeads: 1, ...off }), [2, 0], [10, 4]);
    expectClose(attended.dataSync(), expected.dataSync());
  });
});

describe('groupByLength', () => {
  it('holds every token once, in groups whose lengths are within a factor of two', () => {
    const offsets = Int32Array.of(0, 1, 10, 10, 26, 59);
    const groups = groupByLength(offsets);
    expect(groups.map(({ time, sequences }) => [time, ...sequences])).toEqual([
      [1, 0],
      [16, 1, 3],
      [33, 4],
    ]);
    expect(groups.flatMap(({ tokens }) => [...tokens]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 59 }, (_, i) => i),
    );
  });
});
