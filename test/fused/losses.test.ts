import { registerSimdBackend } from '@recsys/backend-simd';
import { type CandidateLossOptions, candidateLoss, gatherRows, sharedSoftmaxLoss, softmaxLoss } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { engines, requireNative } from '../support/engines.ts';

type Op = (hidden: tf.Tensor2D, table: tf.Tensor2D) => tf.Scalar;

const random = (shape: [number, number], seed: number, limit = 1) =>
  tf.randomUniform<tf.Rank.R2>(shape, -limit, limit, 'float32', seed);
const integers = (count: number, from: number, below: number, factor: number) =>
  Int32Array.from({ length: count }, (_, i) => from + ((i * factor) % (below - from)));

/** Returns the value of a loss and its gradients on the backend in use, and checks that no tensor is left. */
const run = (op: Op, [tokens, rows, units]: readonly number[], limit = 1): Float32Array[] => {
  const before = tf.memory().numTensors;
  const tensors = tf.tidy(() => {
    const inputs: tf.Tensor[] = [random([tokens, units], 1, limit), random([rows, units], 2, limit)];
    const { value, grads } = tf.valueAndGrads((hidden: tf.Tensor, table: tf.Tensor) =>
      op(hidden as tf.Tensor2D, table as tf.Tensor2D),
    )(inputs);
    return [value, ...grads];
  });
  const values = tensors.map((tensor) => tensor.dataSync<'float32'>().slice());
  tf.dispose(tensors);
  expect(tf.memory().numTensors).toBe(before);
  return values;
};

const useSimd = async (build: (typeof engines)[number], threads = 2): Promise<void> => {
  registerSimdBackend({ threads, build });
  await tf.setBackend('simd');
  await tf.ready();
};
afterEach(() => tf.removeBackend('simd'));

/** Expects the fused and the composed loss to be the same, up to a share of the largest number. */
const expectTwins = (fused: Float32Array[], composed: Float32Array[], tolerance: number): void =>
  composed.forEach((expected, i) => {
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2);
    const error = expected.reduce((worst, value, j) => Math.max(worst, Math.abs(value - fused[i][j])), 0) / scale;
    expect(error, i === 0 ? 'value' : `gradient ${i}`).toBeLessThanOrEqual(tolerance);
  });

const kinds: readonly CandidateLossOptions[] = [
  { kind: 'binary' },
  { kind: 'binary', targetWeight: 0.1, negativeWeight: 0.03 },
  { kind: 'ranking', negativeWeight: 0.5 },
  { kind: 'softmax', targetWeight: 0.1, correction: 1.5 },
];
const candidate =
  (options: CandidateLossOptions, tokens: number, rows: number, count: number): Op =>
  (hidden, table) => {
    const targets = tf.tensor1d(integers(tokens, 1, rows, 7), 'int32');
    const negatives = tf.tensor2d(integers(tokens * count, 1, rows, 11), [tokens, count], 'int32');
    return candidateLoss(hidden, table, targets, negatives, options);
  };
/** A softmax with a correction for each negative: the scores are a kernel, and the loss is composed. */
const corrected =
  (tokens: number, rows: number, count: number): Op =>
  (hidden, table) => {
    const correction = random([tokens, count], 5, 2);
    return candidate({ kind: 'softmax', targetWeight: 0.1, correction }, tokens, rows, count)(hidden, table);
  };
const full =
  (tokens: number, rows: number): Op =>
  (hidden, table) =>
    softmaxLoss(hidden, table, tf.tensor1d(integers(tokens, 1, rows, 7), 'int32'));
const shared =
  (offsets: Int32Array, rows: number, count: number, correction: number): Op =>
  (hidden, table) => {
    const sequences = offsets.length - 1;
    const targets = tf.tensor1d(integers(offsets[sequences], 1, rows, 7), 'int32');
    const negatives = tf.tensor2d(integers(sequences * count, 1, rows, 11), [sequences, count], 'int32');
    return sharedSoftmaxLoss(hidden, table, targets, negatives, offsets, correction);
  };

const offsets = Int32Array.of(0, 3, 3, 60, 61, 130);
/** Losses with their numbers of tokens, rows and units. */
const cases: [string, Op, readonly [number, number, number]][] = [1, 4, 7, 50, 65].flatMap((units) => [
  ...kinds.flatMap((options) =>
    [1, 5, 33].map((count): (typeof cases)[number] => [
      `${JSON.stringify(options)}, ${count} negatives, ${units} units`,
      candidate(options, 130, 40, count),
      [130, 40, units],
    ]),
  ),
  [`softmax with a correction for each of 5 negatives, ${units} units`, corrected(130, 40, 5), [130, 40, units]],
  [`all items, ${units} units`, full(130, 300), [130, 300, units]],
  [`one item, ${units} units`, full(3, 2), [3, 2, units]],
  [`shared, ${units} units`, shared(offsets, 40, 21, 0), [130, 40, units]],
  [`shared with correction, ${units} units`, shared(offsets, 40, 129, 2), [130, 40, units]],
]);

requireNative();

describe.each(engines)('losses on %s', (build) => {
  it.each(cases)('%s: the composed twin has the same value and gradients', async (_, op, sizes) => {
    await useSimd(build);
    const fused = run(op, sizes);
    await tf.setBackend('cpu');
    expectTwins(fused, run(op, sizes), 2e-5);
  });

  it('has the gradients that finite differences give, along any direction', async () => {
    await useSimd(build);
    const ops = [
      ...kinds.map((options) => candidate(options, 130, 40, 5)),
      corrected(130, 40, 5),
      full(130, 40),
      shared(offsets, 40, 21, 1),
    ];
    for (const op of ops) {
      const [hidden, table, dHidden, dTable] = [1, 2, 3, 4].map((seed) => random([seed % 2 ? 130 : 40, 17], seed));
      const [, ...gradients] = run(op, [130, 40, 17]);
      const at = (by: number) =>
        tf.tidy(
          () => op(tf.add(hidden, tf.mul(dHidden, by)), tf.add(table, tf.mul(dTable, by))).dataSync<'float32'>()[0],
        );
      const slope = (at(1e-2) - at(-1e-2)) / 2e-2;
      const directions = [dHidden, dTable].map((direction) => direction.dataSync<'float32'>());
      const expected = gradients.reduce(
        (sum, gradient, i) => gradient.reduce((part, value, j) => part + value * directions[i][j], sum),
        0,
      );
      expect(Math.abs(slope - expected)).toBeLessThan(2e-3 * Math.max(1, Math.abs(expected)));
      tf.dispose([hidden, table, dHidden, dTable]);
    }
  });

  it('takes several blocks of tokens where all their weights would not fit', async () => {
    const sizes = [60, 60_000, 3] as const;
    await useSimd(build);
    const fused = run(full(60, 60_000), sizes);
    await tf.setBackend('cpu');
    expectTwins(fused, run(full(60, 60_000), sizes), 2e-5);
  });

  it('is the same at 1, 2 and 4 threads, bit by bit', async () => {
    const sizes = [1300, 5000, 50] as const;
    const many = Int32Array.from({ length: 27 }, (_, b) => 50 * b);
    const ops = [
      ...kinds.map((options) => candidate(options, 1300, 5000, 9)),
      corrected(1300, 5000, 9),
      full(1300, 5000),
    ];
    const results: Float32Array[][][] = [];
    for (const threads of [1, 2, 4]) {
      await useSimd(build, threads);
      results.push([...ops, shared(many, 5000, 100, 1)].map((op) => run(op, sizes)));
    }
    const bytesOf = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    for (const other of results.slice(1)) {
      other.flat().forEach((values, i) => {
        expect(bytesOf(values).equals(bytesOf(results[0].flat()[i])), `output ${i}`).toBe(true);
      });
    }
  });

  it.each([1e4, -1e4])('is stable and precise at scores of %d', async (score) => {
    await useSimd(build);
    // The score of item i is score + i, exactly.
    const hidden = tf.tensor2d([[1, 1]]);
    const table = tf.tensor2d(
      [0, 1, 2, 3, 4].flatMap((i) => [score, i]),
      [5, 2],
    );
    const [target, negatives] = [tf.tensor1d([2], 'int32'), tf.tensor2d([[1, 3, 4]], [1, 3], 'int32')];
    const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    const sum = Math.exp(-1) + Math.exp(0) + Math.exp(1) + Math.exp(2);
    const expected: [Op, number, number][] = [
      [(h, v) => softmaxLoss(h, v, target), Math.log(sum), 1e-6],
      [(h, v) => sharedSoftmaxLoss(h, v, target, negatives, Int32Array.of(0, 1), 0), Math.log(sum), 1e-6],
      [
        (h, v) => sharedSoftmaxLoss(h, v, target, negatives, Int32Array.of(0, 1), 0.3),
        Math.log(1 + Math.exp(0.3) * (sum - 1)),
        1e-6,
      ],
      [(h, v) => candidateLoss(h, v, target, negatives, { kind: 'softmax' }), Math.log(sum), 1e-6],
      [
        (h, v) => candidateLoss(h, v, target, negatives, { kind: 'ranking' }),
        softplus(-1) + softplus(1) + softplus(2),
        1e-6,
      ],
      [
        (h, v) => candidateLoss(h, v, target, negatives, { kind: 'binary' }),
        softplus(-score - 2) + softplus(score + 1) + softplus(score + 3) + softplus(score + 4),
        1e-7,
      ],
    ];
    for (const [op, value, tolerance] of expected) {
      const { value: loss, grads } = tf.valueAndGrads((h: tf.Tensor, v: tf.Tensor) =>
        op(h as tf.Tensor2D, v as tf.Tensor2D),
      )([hidden, table]);
      const [found] = loss.dataSync();
      expect(Math.abs(found - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
      for (const gradient of grads) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  it('is not a number where a score is none', async () => {
    await useSimd(build);
    for (const op of [
      ...kinds.map((options) => candidate(options, 3, 5, 2)),
      full(3, 5),
      shared(Int32Array.of(0, 3), 5, 2, 0),
    ]) {
      const loss = op(tf.fill([3, 2], Number.NaN) as tf.Tensor2D, tf.ones([5, 2]) as tf.Tensor2D);
      expect(loss.dataSync()[0]).toBeNaN();
    }
  });

  it('adds up with other uses of the table, and takes a factor', async () => {
    const indices = () => tf.tensor1d([1, 1, 6], 'int32');
    const ops = [candidate(kinds[1], 130, 40, 3), full(130, 40), shared(offsets, 40, 7, 0)];
    for (const op of ops) {
      const mixed: Op = (hidden, table) =>
        tf.add(tf.mul(op(hidden, table), 3), tf.sum(gatherRows(table, indices()))) as tf.Scalar;
      await useSimd(build);
      const fused = run(mixed, [130, 40, 7]);
      await tf.setBackend('cpu');
      expectTwins(fused, run(mixed, [130, 40, 7]), 2e-5);
    }
  });

  it('leaves no memory behind in 500 steps', async () => {
    await useSimd(build, 1);
    const heap = () =>
      tf.memory() as unknown as { numTensors: number; numDataBuffers: number; sharedBytesInUse: number };
    const ops = [candidate(kinds[0], 30, 40, 3), full(30, 40), shared(Int32Array.of(0, 10, 30), 40, 7, 0)];
    const step = () => {
      for (const op of ops) run(op, [30, 40, 8]);
    };
    step();
    const before = heap();
    for (let i = 0; i < 500; i++) step();
    expect(heap()).toEqual(before);
  });
});
