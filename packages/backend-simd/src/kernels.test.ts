import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectAsOnCpu, random, removeSimdAfterEach, useSimd } from './test-backend.js';

removeSimdAfterEach();

describe('kernels give the results of cpu, for any shape', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const seed = fc.integer({ min: 1, max: 1e6 });

  it('matrix products, transposed and in batches', async () => {
    await useSimd();
    const batches = fc.constantFrom(
      [[], []],
      [[3], [3]],
      [[3], []],
      [[], [2]],
      [
        [2, 3],
        [2, 3],
      ],
      [[1], [4]],
    );
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        side,
        fc.boolean(),
        fc.boolean(),
        batches,
        seed,
        async (m, k, n, ta, tb, [a, b], s) =>
          expectAsOnCpu(
            () =>
              tf.matMul(
                random([...a!, ...(ta ? [k, m] : [m, k])], s),
                random([...b!, ...(tb ? [n, k] : [k, n])], s + 1),
                ta,
                tb,
              ),
            1e-4,
          ),
      ),
      { numRuns: 150 },
    );
    await expectAsOnCpu(() => tf.matMul(random([3, 700], 1), random([700, 600], 2)), 1e-4);
  });

  it('fused matrix products', async () => {
    await useSimd();
    const activation = fc.constantFrom('linear', 'relu', 'relu6', 'sigmoid', 'elu');
    await fc.assert(
      fc.asyncProperty(side, side, side, activation, fc.boolean(), seed, async (m, k, n, activation, biased, s) =>
        expectAsOnCpu(
          () =>
            tf.fused.matMul({
              a: random([m, k], s) as tf.Tensor2D,
              b: random([k, n], s + 1) as tf.Tensor2D,
              ...(biased && { bias: random([n], s + 2) }),
              activation: activation as tf.fused.Activation,
            }),
          1e-4,
        ),
      ),
      { numRuns: 60 },
    );
  });

  it('functions of two tensors, with broadcasting', async () => {
    await useSimd();
    const ops = fc.constantFrom(tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum);
    const shape = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        ops,
        shape,
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        fc.nat(3),
        seed,
        async (op, whole, ones, cut, s) => {
          const a = whole.map((side, i) => (ones[i] ? 1 : side));
          const b = whole.map((side, i) => (ones[i + 4] ? 1 : side)).slice(Math.min(cut, whole.length));
          await expectAsOnCpu(() => op(random(a, s), random(b, s + 1)));
        },
      ),
      { numRuns: 200 },
    );
    await expectAsOnCpu(() => tf.add(random([5001], 1), random([5001], 2)));
    await expectAsOnCpu(() => tf.add(random([70, 50], 1), tf.scalar(2)));
  });

  it('functions of one tensor, sums, means, softmax, transposes, gathers', async () => {
    await useSimd();
    const shape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    const one = [tf.relu, tf.square, tf.abs, tf.neg, tf.exp, tf.sigmoid, tf.tanh];
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), seed, async (shape, choice, s) => {
        const axis = choice % shape.length;
        await expectAsOnCpu(() => one[choice % one.length](random(shape, s)));
        await expectAsOnCpu(() => tf.sum(random(shape, s), axis, choice % 2 === 0));
        await expectAsOnCpu(() => tf.mean(random(shape, s)));
        await expectAsOnCpu(() => tf.softmax(random(shape, s)));
        await expectAsOnCpu(() => tf.logSoftmax(random(shape, s)));
        const permutation = shape.map((_, i) => (i + axis) % shape.length);
        await expectAsOnCpu(() => tf.transpose(random(shape, s), permutation));
        const indices = Array.from({ length: 5 }, (_, i) => (i * 7 + s) % shape[0]);
        await expectAsOnCpu(() => tf.gather(random(shape, s), tf.tensor1d(indices, 'int32')));
        await expectAsOnCpu(() =>
          tf.unsortedSegmentSum(random([5, ...shape], s), tf.tensor1d(indices, 'int32'), shape[0]),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('slices, pads, concatenations, selections and topk', async () => {
    await useSimd();
    const shape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(1000), seed, async (shape, choice, s) => {
        const axis = choice % shape.length;
        const begin = shape.map((side, i) => (choice >> i) % side);
        const size = shape.map((side, i) => Math.max(1, (side - begin[i]) >> (choice & 1)));
        const other = shape.map((side, i) => (i === axis ? side + 2 : side));
        const paddings = shape.map((_, i) => [(choice >> i) & 1, (choice >> (i + 1)) & 3] as [number, number]);
        const k = 1 + (choice % shape.at(-1)!);
        await expectAsOnCpu(() => tf.slice(random(shape, s), begin, size));
        await expectAsOnCpu(() => tf.pad(random(shape, s), paddings, 7));
        await expectAsOnCpu(() => tf.concat([random(shape, s), random(other, s + 1), random(shape, s + 2)], axis));
        await expectAsOnCpu(() =>
          tf.where(tf.greater(random(shape, s), 0), random(shape, s + 1), random(shape, s + 2)),
        );
        await expectAsOnCpu(() => tf.concat(tf.unstack(random(shape, s), axis).map((part) => tf.reshape(part, [-1]))));
        const lengths = [1, shape[axis], 2];
        const long = shape.map((side, i) => (i === axis ? side + 3 : side));
        await expectAsOnCpu(() => tf.split(random(long, s), lengths, axis)[choice % 3]);
        const rounded = () => tf.round(random(shape, s)); // with ties
        await expectAsOnCpu(() => tf.topk(rounded(), k).values);
        await expectAsOnCpu(() => tf.cast(tf.topk(rounded(), k).indices, 'float32'));
      }),
      { numRuns: 100 },
    );
  });

  it('on NaN, infinity and empty tensors', async () => {
    await useSimd();
    const odd = () =>
      tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-40, 200, -200]);
    for (const op of [tf.relu, tf.sqrt, tf.exp, tf.sigmoid, tf.square]) await expectAsOnCpu(() => op(odd()));
    await expectAsOnCpu(() => tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])));
    await expectAsOnCpu(() => tf.add(tf.zeros([0]), 1));
    await expectAsOnCpu(() => tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])));
  });
});
