import { registerSimdBackend } from '@recsys/backend-simd';
import { Rng } from '@recsys/data';
import {
  causalAttention,
  dense,
  dropout,
  embedTokens,
  gatherRows,
  gradientRows,
  hasFused,
  hstuAttention,
  layerNorm,
  newestAttention,
  newestHstuAttention,
  numTimeBuckets,
  pairwiseLogits,
  silu,
  softmaxAndLogSums,
  timeBuckets,
} from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { engines, requireNative } from '../support/engines.ts';

/** Runs on a backend, and returns the values of all resulting tensors. */
const runOn = async (backend: string, run: () => tf.Tensor[]): Promise<Float32Array[]> => {
  await tf.setBackend(backend);
  await tf.ready();
  const before = tf.memory().numTensors;
  const tensors = tf.tidy(run);
  const values = tensors.map((tensor) => tensor.dataSync<'float32'>().slice());
  tf.dispose(tensors);
  expect(tf.memory().numTensors, `tensors left on ${backend}`).toBe(before);
  return values;
};

const random = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

/**
 * Expects an op to have the same value and gradients on `simd`, as one fused kernel, and on `cpu`, composed of tfjs
 * ops.
 */
const expectTwins = async (
  shapes: number[][],
  op: (...inputs: tf.Tensor[]) => tf.Tensor,
  tolerance = 2e-5,
): Promise<void> => {
  const run = () => {
    const inputs = shapes.map((shape, i) => random(shape, i + 1));
    const y = op(...inputs);
    const dy = random(y.shape, 99);
    return [y, ...tf.grads((...inputs: tf.Tensor[]) => op(...inputs))(inputs, dy)];
  };
  const [fused, composed] = [await runOn('simd', run), await runOn('cpu', run)];
  expect(fused.length).toBe(composed.length);
  composed.forEach((expected, i) => {
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const error = expected.reduce((worst, value, j) => Math.max(worst, Math.abs(value - fused[i][j])), 0) / scale;
    expect(error, i === 0 ? 'value' : `gradient of input ${i - 1}`).toBeLessThanOrEqual(tolerance);
  });
};

const widths = [1, 3, 4, 7, 17, 50, 65];
const tokenCounts = [1, 3, 5, 17, 130, 300];
const mask = (rate: number) => ({ rate, key: 12345 });

requireNative();

describe.each(engines)('fused ops on %s have the values and gradients of composed ops', (build) => {
  beforeAll(() => registerSimdBackend({ threads: 2, build }));

  it('exist', async () => {
    await tf.setBackend('simd');
    for (const name of [
      'Dense',
      'CausalAttention',
      'LayerNorm',
      'GatherRows',
      'GradientRows',
      'Embed',
      'PairwiseLogits',
      'CandidateLoss',
      'SoftmaxLoss',
      'SharedSoftmaxLoss',
      'Dropout',
      'Adam',
      'Softmax',
      'TransformerBlock',
      'HstuAttention',
      'NewestHstuAttention',
      'Silu',
    ])
      expect(hasFused(`Recsys${name}`), name).toBe(true);
  });

  it.each(widths)('softmax and log sums, rows of %i', async (width) => {
    const run = () => {
      const { probabilities, logSums } = softmaxAndLogSums(tf.mul(random([7, width], 1), 60) as tf.Tensor2D);
      return [probabilities, logSums];
    };
    const [fused, composed] = [await runOn('simd', run), await runOn('cpu', run)];
    composed.forEach((expected, i) => {
      expected.forEach((value, j) => {
        expect(fused[i][j]).toBeCloseTo(value, 4);
      });
    });
  });

  it.each(widths.flatMap((width) => tokenCounts.map((tokens) => [tokens, width] as const)))(
    'layer norm, %i tokens of %i units',
    (tokens, width) =>
      expectTwins([[tokens, width], [width], [width]], (x, gamma, beta) =>
        layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-2),
      ),
  );

  const denseCases = widths.flatMap((width, i) =>
    tokenCounts.map((tokens) => [tokens, width, widths.at(i - 2)!] as const),
  );
  it.each(denseCases)('dense, %i tokens, %i to %i units', async (tokens, inputs, outputs) => {
    const shapes = [[tokens, inputs], [inputs, outputs], [outputs]];
    type Inputs = [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
    const run = (options: object, withResidual = false) =>
      expectTwins(withResidual ? [...shapes, [tokens, outputs]] : shapes, (...all) => {
        const [x, kernel, bias, residual] = all as Inputs;
        return dense(x, kernel, bias, { ...options, ...(withResidual && { residual }) });
      });
    await run({});
    await run({ activation: 'relu' });
    await run({ activation: 'relu', dropout: mask(0.5) });
    await run({ dropout: mask(0.2) });
    await run({ dropout: mask(0.2) }, true);
    await run({}, true);
  });

  it.each(widths)('dropout, rows of %i', async (width) => {
    await expectTwins([[7, width]], (x) => dropout(x, mask(0.3)));
    await expectTwins([[width]], (x) => dropout(x, mask(0.99)));
  });

  it.each(widths)('embedding and rows, %i units', async (width) => {
    const items = () => tf.tensor1d([3, 1, 3, 6, 6, 2, 3], 'int32');
    const positions = () => tf.tensor1d([0, 1, 2, 3, 1, 2, 3], 'int32');
    await expectTwins(
      [
        [7, width],
        [4, width],
      ],
      (table, positionTable) =>
        embedTokens(table as tf.Tensor2D, items(), {
          scale: 3,
          position: { table: positionTable as tf.Tensor2D, positions: positions() },
          dropout: mask(0.4),
        }),
    );
    await expectTwins([[7, width]], (table) => embedTokens(table as tf.Tensor2D, items(), { scale: 2 }));
    await expectTwins([[7, width]], (table) => gatherRows(table as tf.Tensor2D, items()));
  });

  it.each(widths)('rows of the gradient of a table, %i units, used twice', async (width) => {
    const run = () => {
      const gradientOf = tf.grad((table) => {
        const used = (indices: number[]) => gatherRows(table as tf.Tensor2D, tf.tensor1d(indices, 'int32'));
        return tf.add(tf.mul(tf.sum(tf.square(used([3, 1, 3, 6]))), 0.5), tf.sum(used([6, 2, 6])));
      });
      const { indices, values } = gradientRows(gradientOf(random([9, width], 1)) as tf.Tensor2D);
      return [indices, values];
    };
    const [fused, composed] = [await runOn('simd', run), await runOn('cpu', run)];
    expect(fused[0]).toEqual(Int32Array.of(1, 2, 3, 6));
    expect(composed[0]).toEqual(fused[0]);
    composed[1].forEach((expected, i) => {
      expect(fused[1][i]).toBeCloseTo(expected, 5);
    });
  });

  it.each(widths)('pairwise logits, %i units, with another use of the table', async (width) => {
    const candidates = () => tf.tensor2d([1, 2, 3, 3, 5, 3, 0, 1, 1, 6, 5, 4, 3, 2, 1], [5, 3], 'int32');
    await expectTwins(
      [
        [5, width],
        [7, width],
      ],
      (hidden, table) =>
        tf.add(
          pairwiseLogits(hidden as tf.Tensor2D, table as tf.Tensor2D, candidates()),
          tf.sum(gatherRows(table as tf.Tensor2D, tf.tensor1d([1, 1, 6], 'int32'))),
        ),
    );
  });

  it.each(widths)('SiLU, rows of %i', (width) => expectTwins([[7, width]], (x) => silu(tf.mul(x, 9))));

  const lengths = [[1], [5, 1, 3], [17, 0, 24, 25, 4], [49, 50, 7], [200, 100, 3]];
  it.each(lengths)('attention, sequences of %j, …', async (...sequences) => {
    const offsets = Int32Array.from([0, ...sequences.map((_, i) => sequences.slice(0, i + 1).reduce((a, b) => a + b))]);
    for (const [units, numHeads] of [
      [4, 2],
      [5, 1],
      [6, 3],
      [50, 1],
      [50, 2],
    ] as const) {
      for (const rate of [0, 0.2]) {
        const shape = [offsets.at(-1)!, units];
        await expectTwins([shape, shape, shape], (query, key, value) =>
          causalAttention(query as tf.Tensor2D, key as tf.Tensor2D, value as tf.Tensor2D, offsets, {
            numHeads,
            dropout: mask(rate),
          }),
        );
      }
    }
  });

  /** Offsets of sequences, and the buckets of times between minutes and years. */
  const timed = (sequences: readonly number[]) => {
    const offsets = Int32Array.from([0, ...sequences.map((_, i) => sequences.slice(0, i + 1).reduce((a, b) => a + b))]);
    const rng = new Rng(7, offsets.length);
    let now = 1.6e9;
    const all = Float64Array.from({ length: offsets.at(-1)! + 1 }, () => {
      now += Math.round(Math.exp(rng.below(1800) / 100));
      return now;
    });
    return { offsets, buckets: timeBuckets(all.subarray(0, -1), all.subarray(1), offsets) };
  };
  const headSizes = [
    [1, 4, 3],
    [2, 3, 5],
    [3, 1, 17],
    [1, 50, 50],
    [2, 25, 25],
  ] as const;

  it.each(lengths)('attention of HSTU, sequences of %j, …', async (...sequences) => {
    const { offsets, buckets } = timed(sequences);
    const tokens = offsets.at(-1)!;
    for (const [numHeads, width, valueWidth] of headSizes) {
      const query = [tokens, numHeads * width];
      const shapes = [query, query, [tokens, numHeads * valueWidth], [210], [numTimeBuckets]];
      const run = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, position: tf.Tensor, bias?: tf.Tensor) =>
        hstuAttention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, offsets, {
          numHeads,
          biases: {
            position: position as tf.Tensor1D,
            time: bias && { bias: bias as tf.Tensor1D, buckets },
          },
        });
      await expectTwins(shapes, (...inputs) => run(...(inputs as Parameters<typeof run>)));
      await expectTwins(shapes.slice(0, 4), (...inputs) => run(...(inputs as Parameters<typeof run>)));
    }
  });

  it('attention of HSTU has the same bits on 1, 2 and 4 threads, gradients of the biases too', async () => {
    const { offsets, buckets } = timed([100, 3, 50, 77, 1, 200, 10, 90]);
    const shape = [offsets.at(-1)!, 24];
    const bits = [];
    for (const threads of [1, 2, 4]) {
      registerSimdBackend({ threads, build });
      bits.push(
        await runOn('simd', () => {
          const inputs = [shape, shape, shape, [210], [numTimeBuckets]].map((own, i) => random(own, i + 1));
          const op = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, position: tf.Tensor, bias: tf.Tensor) =>
            hstuAttention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, offsets, {
              numHeads: 3,
              biases: { position: position as tf.Tensor1D, time: { bias: bias as tf.Tensor1D, buckets } },
            });
          return [op(...(inputs as Parameters<typeof op>)), ...tf.grads(op as never)(inputs, random(shape, 99))];
        }),
      );
    }
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
    registerSimdBackend({ threads: 2, build });
  });

  it.each(lengths.slice(2))('attention of HSTU at the newest tokens, sequences of %j, …', async (...sequences) => {
    const { offsets, buckets } = timed(sequences.filter((length) => length > 0));
    const size = offsets.length - 1;
    for (const [numHeads, width, valueWidth] of headSizes) {
      const run = () => {
        const [query, key] = [size, offsets.at(-1)!].map((rows, i) => random([rows, numHeads * width], i + 1));
        const value = random([offsets.at(-1)!, numHeads * valueWidth], 3);
        const time = { bias: random([numTimeBuckets], 5) as tf.Tensor1D, buckets };
        return [undefined, time].map((time) =>
          newestHstuAttention(query as tf.Tensor2D, key as tf.Tensor2D, value as tf.Tensor2D, offsets, {
            numHeads,
            biases: { position: random([210], 4) as tf.Tensor1D, time },
          }),
        );
      };
      const [fused, composed] = [await runOn('simd', run), await runOn('cpu', run)];
      composed.forEach((values, i) => {
        for (const [j, value] of values.entries()) expect(Math.abs(value - fused[i][j])).toBeLessThan(1e-5);
      });
    }
  });

  it.each(lengths.slice(2))('attention of the newest tokens, sequences of %j, …', async (...sequences) => {
    const nonEmpty = sequences.filter((length) => length > 0);
    const offsets = Int32Array.from([0, ...nonEmpty.map((_, i) => nonEmpty.slice(0, i + 1).reduce((a, b) => a + b))]);
    for (const [units, numHeads] of [
      [4, 2],
      [5, 1],
      [50, 1],
    ] as const) {
      const run = () => {
        const [key, value] = [1, 2].map((seed) => random([offsets.at(-1)!, units], seed) as tf.Tensor2D);
        return [newestAttention(random([nonEmpty.length, units], 3) as tf.Tensor2D, key, value, offsets, { numHeads })];
      };
      const [[fused], [composed]] = [await runOn('simd', run), await runOn('cpu', run)];
      for (const [i, value] of composed.entries()) expect(Math.abs(value - fused[i])).toBeLessThan(1e-5);
    }
  });
});
