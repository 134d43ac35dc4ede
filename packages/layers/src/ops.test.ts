import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { expectClose, expectGradient, expectNoLeak, useTestBackend, values } from '../../../test/support/tensors.js';
import { causalAttention, causalAttentionWeights, newestAttention } from './ops/attention/causal-attention.js';
import { dense } from './ops/dense.js';
import { embedTokens } from './ops/embed-tokens.js';
import { layerNorm } from './ops/layer-norm.js';
import { packSequences, padSequences } from './ops/pack.js';
import { pairwiseLogits } from './ops/pairwise-logits.js';
import { gatherRows, gradientRows, scatterRows } from './ops/rows.js';

useTestBackend();

const offsets = Int32Array.of(0, 3, 4, 4, 9);

describe('every op with options', () => {
  it('rejects unknown options', () => {
    const x = values([9, 4]);
    const typo = { scale: 1, numHeads: 2, drop: 0.5 };
    expect(() => causalAttention(x, x, x, offsets, typo)).toThrow('causalAttention: unknown option scale, drop');
    expect(() => newestAttention(x, x, x, offsets, typo)).toThrow('newestAttention: unknown option scale, drop');
    expect(() => causalAttentionWeights(x, x, offsets, typo)).toThrow('causalAttentionWeights: unknown option scale');
    expect(() => embedTokens(x, tf.tensor1d([1], 'int32'), typo)).toThrow('embedTokens: unknown option numHeads, drop');
    expect(() => dense(x, values([4, 4]), values([4]), typo as object)).toThrow('dense: unknown option scale');
  });
});

describe('gatherRows', () => {
  const table = tf.tidy(() => tf.keep(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])));

  it('returns the rows at the indices', () => {
    expect([...gatherRows(table, tf.tensor1d([2, 0], 'int32')).dataSync()]).toEqual([5, 6, 1, 2]);
  });

  it('adds up the gradients of a repeated index', () => {
    const gradient = tf.grad((x) =>
      tf.sum(tf.mul(gatherRows(x as tf.Tensor2D, tf.tensor1d([1, 1, 2], 'int32')), tf.tensor2d([[1], [10], [100]]))),
    )(table);
    expect([...gradient.dataSync()]).toEqual([0, 0, 11, 11, 100, 100]);
  });
});

describe('scatterRows', () => {
  it('is the inverse of gatherRows, with zeros in other rows', () => {
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...scatterRows(x, tf.tensor1d([3, 1], 'int32'), 4).dataSync()]).toEqual([0, 0, 3, 4, 0, 0, 1, 2]);
  });

  it('has the gradient of finite differences', () => {
    expectGradient((x) => scatterRows(x, tf.tensor1d([3, 0, 1], 'int32'), 5), values([3, 2]));
  });
});

describe('gradientRows', () => {
  it('returns the rows that are not zero, and their indices', () => {
    const { indices, values } = gradientRows(tf.tensor2d([0, 0, 0, 4, 0, 0, 5, -6], [4, 2]));
    expect([[...indices.dataSync()], [...values.dataSync()]]).toEqual([
      [1, 3],
      [0, 4, 5, -6],
    ]);
  });

  it('returns none of a table of zeros', () => {
    const { indices, values } = gradientRows(tf.zeros([3, 2]));
    expect([indices.shape, values.shape]).toEqual([[0], [0, 2]]);
  });
});

describe('dense', () => {
  const [kernel, bias] = [values([3, 2], 2), values<tf.Rank.R1>([2], 3)];

  it('is x · kernel + bias, then ReLU', () => {
    const y = dense(
      tf.tensor2d([[1, 2]]),
      tf.tensor2d([
        [1, 0],
        [1, -2],
      ]),
      tf.tensor1d([0.5, 1]),
      { activation: 'relu' },
    );
    expectClose(y.dataSync(), [1 * 1 + 2 * 1 + 0.5, 0]);
  });

  it.each(['linear', 'relu'] as const)('has the gradients of finite differences, %s', (activation) => {
    const x = values([4, 3]);
    expectGradient((x) => dense(x, kernel, bias, { activation }), x);
    expectGradient((kernel) => dense(x, kernel, bias, { activation }), kernel);
    expectGradient((bias) => dense(x, kernel, tf.reshape(bias, [2]), { activation }), tf.reshape(bias, [1, 2]));
  });

  it('leaks no tensors, forward and backward', () => {
    const x = values([4, 3]);
    expectNoLeak(() =>
      tf.tidy(() => void tf.grad((x) => tf.sum(dense(x as tf.Tensor2D, kernel, bias, { activation: 'relu' })))(x)),
    );
  });
});

describe('layerNorm', () => {
  const [gamma, beta] = [values<tf.Rank.R1>([5], 2), values<tf.Rank.R1>([5], 3)];

  it('has rows of mean 0 and variance 1 before scale and offset', () => {
    const y = layerNorm(tf.tensor2d([[1, 3]]), tf.tensor1d([1, 2]), tf.tensor1d([0, 10]), 1e-8);
    expectClose(y.dataSync(), [-1, 2 * 1 + 10]);
  });

  it('has the gradients of finite differences', () => {
    const x = values([3, 5]);
    expectGradient((x) => layerNorm(x, gamma, beta, 1e-8), x, 5e-3);
    expectGradient((gamma) => layerNorm(x, tf.reshape(gamma, [5]), beta, 1e-8), tf.reshape(gamma, [1, 5]));
    expectGradient((beta) => layerNorm(x, gamma, tf.reshape(beta, [5]), 1e-8), tf.reshape(beta, [1, 5]));
  });
});

describe('padSequences and packSequences', () => {
  it('starts every sequence at time 0 and fills with zeros', () => {
    const padded = padSequences(tf.tensor2d([[1], [2], [3]]), Int32Array.of(0, 1, 3));
    expect(padded.shape).toEqual([2, 2, 1]);
    expect([...padded.dataSync()]).toEqual([1, 0, 2, 3]);
  });

  it('are inverses, empty sequences included', () => {
    const packed = values([9, 2]);
    expectClose(packSequences(padSequences(packed, offsets), offsets).dataSync(), packed.dataSync(), 0);
  });

  it('have the gradients of finite differences', () => {
    expectGradient((x) => padSequences(x, offsets), values([9, 2]));
    expectGradient((x) => packSequences(tf.reshape(x, [4, 5, 2]), offsets), values([20, 2]));
  });

  it('reject offsets that do not match, with the numbers', () => {
    expect(() => padSequences(values([8, 2]), offsets)).toThrow('offsets must run from 0 to the 8 tokens, got [0 … 9]');
    expect(() => padSequences(values([9, 2]), Int32Array.of(0, 5, 3, 9))).toThrow('offsets must ascend, got 5, 3');
    expect(() => packSequences(values<tf.Rank.R3>([4, 4, 2]), offsets)).toThrow(
      '4 sequences of up to 5 tokens do not fit a batch of [4,4,2]',
    );
  });
});

describe('pairwiseLogits', () => {
  const candidates = tf.tensor2d([1, 2, 2, 0], [2, 2], 'int32');

  it("is each token's dot product with its own candidates", () => {
    const logits = pairwiseLogits(
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([
        [1, 1],
        [5, 6],
        [7, 8],
      ]),
      candidates,
    );
    expect([...logits.dataSync()]).toEqual([1 * 5 + 2 * 6, 1 * 7 + 2 * 8, 3 * 7 + 4 * 8, 3 + 4]);
  });

  it('has the gradients of finite differences', () => {
    const [hidden, table] = [values([2, 3]), values([3, 3], 2)];
    expectGradient((hidden) => pairwiseLogits(hidden, table, candidates), hidden);
    expectGradient((table) => pairwiseLogits(hidden, table, candidates), table);
  });
});
