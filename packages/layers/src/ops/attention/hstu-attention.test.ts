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
import { hstuAttention, newestHstuAttention } from './hstu-attention.js';
import { timeBuckets } from './time-buckets.js';

useTestBackend();

const silu = (x: number) => x / (1 + Math.exp(-x));
const offsets = Int32Array.of(0, 3, 3, 5);
const times = Float64Array.of(0, 60, 5000, 10, 20);
const queryTimes = Float64Array.of(60, 5000, 90_000, 20, 1e6);
const buckets = timeBuckets(times, queryTimes, offsets);
const [q, k, v] = [values([5, 4], 1), values([5, 4], 2), values([5, 6], 3)];
const position = values<tf.Rank.R1>([4], 4);
const bias = values<tf.Rank.R1>([129], 5);
const biases = { position, time: { bias, buckets } };

describe('hstuAttention', () => {
  it('is the sum of the definition, computed by hand', () => {
    const [q, k, v] = [tf.tensor2d([[1], [2]]), tf.tensor2d([[0.5], [1]]), tf.tensor2d([[3], [5]])];
    const position = tf.tensor1d([0.1, 0.2, 0.3]);
    const bias = tf.tensor1d(Array.from({ length: 129 }, (_, bucket) => bucket / 100));
    const buckets = timeBuckets(Float64Array.of(0, 100), Float64Array.of(100, 0), Int32Array.of(0, 2)); // 100 s: 15
    const run = (time?: { bias: tf.Tensor1D; buckets: typeof buckets }) =>
      hstuAttention(q, k, v, Int32Array.of(0, 2), { numHeads: 1, biases: { position, time } }).dataSync();
    expectClose(run(), [
      (silu(0.5 + 0.1) * 3) / 3,
      (silu(2 * 0.5 + 0.2) * 3 + silu(2 * 1 + 0.1) * 5) / 3, // divided by 3, the number of position biases
    ]);
    expectClose(run({ bias, buckets }), [
      (silu(0.5 + 0.1 + 0.15) * 3) / 3,
      (silu(2 * 0.5 + 0.2 + 0) * 3 + silu(2 * 1 + 0.1 + 0.15) * 5) / 3,
    ]);
  });

  it('equals attention of each sequence alone, for various lengths and heads', () => {
    const lengths = [1, 17, 3, 0, 5, 4, 33];
    const offsets = Int32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b))]);
    const tokens = offsets.at(-1)!;
    const position = values<tf.Rank.R1>([40], 4);
    for (const numHeads of [1, 2, 3]) {
      const [q, k, v] = [values([tokens, 6], 1), values([tokens, 6], 2), values([tokens, 12], 3)];
      const together = hstuAttention(q, k, v, offsets, { numHeads, biases: { position } });
      lengths.forEach((length, b) => {
        if (length === 0) return;
        const own = (x: tf.Tensor2D) => tf.slice(x, [offsets[b], 0], [length, x.shape[1]]);
        const [query, key, value] = [own(q), own(k), own(v)];
        const alone = hstuAttention(query, key, value, Int32Array.of(0, length), { numHeads, biases: { position } });
        expectClose(own(together).dataSync(), alone.dataSync());
      });
    }
  });

  it('has the gradients of finite differences, for query, key, value and both biases', () => {
    const options = { numHeads: 2, biases };
    expectGradient((q) => hstuAttention(q, k, v, offsets, options), q);
    expectGradient((k) => hstuAttention(q, k, v, offsets, options), k);
    expectGradient((v) => hstuAttention(q, k, v, offsets, options), v);
    const withPosition = (position: tf.Tensor) =>
      hstuAttention(q, k, v, offsets, { numHeads: 2, biases: { ...biases, position: position as tf.Tensor1D } });
    expectGradient(withPosition, position as unknown as tf.Tensor2D);
    const withTime = (bias: tf.Tensor) =>
      hstuAttention(q, k, v, offsets, {
        numHeads: 2,
        biases: { position, time: { bias: bias as tf.Tensor1D, buckets } },
      });
    expectGradient(withTime, bias as unknown as tf.Tensor2D);
    const gradient = tf
      .grad((bias) => withTime(bias))(bias)
      .dataSync();
    expect(gradient.filter((value) => value !== 0).length).toBeGreaterThan(3); // of the buckets that occur
  });

  it('gives the newest tokens alone the same', () => {
    const nonEmpty = Int32Array.of(0, 3, 5);
    const buckets = timeBuckets(times, queryTimes, nonEmpty);
    const options = { numHeads: 2, biases: { position, time: { bias, buckets } } };
    const newest = tf.gather(q, tf.tensor1d([2, 4], 'int32'));
    const all = hstuAttention(q, k, v, nonEmpty, options);
    expectClose(
      newestHstuAttention(newest, k, v, nonEmpty, options).dataSync(),
      tf.gather(all, tf.tensor1d([2, 4], 'int32')).dataSync(),
    );
  });

  it('refuses sequences that are longer than the position bias', () => {
    const short = { position: tf.zeros<tf.Rank.R1>([2]) };
    expect(() => hstuAttention(q, k, v, offsets, { numHeads: 2, biases: short })).toThrow(
      'hstuAttention: a sequence has 3 tokens, the position bias 2',
    );
  });

  it('leaks no tensors, forward and backward', () => {
    const run = (x: tf.Tensor) => tf.sum(hstuAttention(x as tf.Tensor2D, k, v, offsets, { numHeads: 2, biases }));
    expectNoLeak(() => tf.tidy(() => void tf.grad(run)(q)));
  });
});
