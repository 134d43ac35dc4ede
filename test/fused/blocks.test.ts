import { registerSimdBackend, type SimdBackend } from '@recsys/backend-simd';
import { callLayer, namedWeights, TransformerBlock, type TransformerBlockOptions } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { engines, requireNative } from '../support/engines.ts';

requireNative();

const useSimd = async (threads: number, build: (typeof engines)[number]): Promise<SimdBackend> => {
  registerSimdBackend({ threads, build });
  await tf.setBackend('simd');
  return tf.backend() as unknown as SimdBackend;
};
afterEach(() => tf.removeBackend('simd'));

const offsetsOf = (lengths: readonly number[]): Int32Array =>
  Int32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b))]);
const random = (shape: number[], seed: number, low = -1, high = 1) =>
  tf.randomUniform(shape, low, high, 'float32', seed);

/** A built block whose weights are random: also gammas, betas and biases. */
const newBlock = (options: TransformerBlockOptions): TransformerBlock => {
  const block = new TransformerBlock({ normEpsilon: 1e-3, seed: 3, ...options });
  tf.tidy(() => void callLayer(block, tf.zeros([1, options.hiddenUnits]), { offsets: offsetsOf([1]) })); // builds it
  namedWeights(block).forEach(({ name, variable }, i) => {
    const around = name.endsWith('gamma') ? 1 : 0;
    const spread = name.endsWith('kernel') ? 1 / Math.sqrt(options.hiddenUnits) : 0.3;
    tf.tidy(() => variable.assign(random(variable.shape, 50 + i, around - spread, around + spread)));
  });
  return block;
};

interface Call {
  lengths: readonly number[];
  training?: boolean;
}

/** Returns the output of a call of a block, and the gradients of x and of its weights. */
const valueAndGradients = (options: TransformerBlockOptions, { lengths, training = false }: Call) => {
  const offsets = offsetsOf(lengths);
  const before = tf.memory().numTensors;
  const block = newBlock(options);
  const shape: [number, number] = [offsets[lengths.length], options.hiddenUnits];
  const x = tf.tidy(() => tf.variable(random(shape, 1))) as tf.Variable<tf.Rank.R2>;
  const dy = random(shape, 2);
  const call = () => callLayer<tf.Tensor2D>(block, x, { offsets, training, step: 7 });
  const y = call();
  const { value, grads } = tf.variableGrads(() => tf.tidy(() => tf.sum(tf.mul(call(), dy)) as tf.Scalar));
  const named = new Map<string, Float32Array>([['y', y.dataSync<'float32'>()]]);
  for (const { name, variable } of [{ name: 'x', variable: x as tf.Variable }, ...namedWeights(block)])
    named.set(name, grads[variable.name].dataSync<'float32'>());
  tf.dispose([x, dy, y, value, grads]);
  block.dispose();
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
  return named;
};

const expectTwins = async (build: (typeof engines)[number], options: TransformerBlockOptions, call: Call) => {
  await useSimd(2, build);
  const fused = valueAndGradients(options, call);
  await tf.setBackend('cpu');
  const composed = valueAndGradients(options, call);
  expect([...fused.keys()]).toEqual([...composed.keys()]);
  for (const [name, expected] of composed) {
    const actual = fused.get(name) as Float32Array;
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const error = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[i])), 0) / scale;
    expect(actual.length, name).toBe(expected.length);
    expect(error, name).toBeLessThan(3e-5);
  }
};

const wirings = ['paper', 'pre-norm'] as const;
const cases = wirings.flatMap((wiring) =>
  [
    { hiddenUnits: 1, numHeads: 1 },
    { hiddenUnits: 7, numHeads: 1 },
    { hiddenUnits: 8, numHeads: 2 },
    { hiddenUnits: 50, numHeads: 1 },
    { hiddenUnits: 50, numHeads: 2 },
    { hiddenUnits: 65, numHeads: 1 },
  ].map((sizes) => ({ wiring, ...sizes })),
);

/** Blocks that are composed of ops on each backend, because the fused op has other parts. */
const composed = [
  { wiring: 'ligr', hiddenUnits: 7, numHeads: 1 },
  { wiring: 'ligr', hiddenUnits: 6, numHeads: 2, residuals: false, activation: 'gelu' },
  { wiring: 'paper', hiddenUnits: 7, numHeads: 1, activation: 'gelu' },
  { wiring: 'pre-norm', hiddenUnits: 8, numHeads: 2, activation: 'silu', feedForwardUnits: 13 },
  { wiring: 'pre-norm', hiddenUnits: 8, numHeads: 2, activation: 'swiglu', feedForwardUnits: 5 },
] as const satisfies TransformerBlockOptions[];

/** Not for differences of values: among its 13 hidden units, one is at the kink of ReLU. */
const wider = { wiring: 'paper', hiddenUnits: 8, numHeads: 1, feedForwardUnits: 13 } as const;

describe.each(engines)('a transformer block of other parts on %s', (build) => {
  it.each([...composed, wider])('has the values and gradients of the `cpu` backend: %o', async (options) => {
    const lengths = [1, 5, 0, 30, 17, 1, 0];
    await expectTwins(build, options, { lengths });
    await expectTwins(build, { ...options, dropoutRate: 0.3 }, { lengths, training: true });
  });

  it('has bit-identical results on 1, 2 and 4 threads', async () => {
    const runs = [];
    for (const threads of [1, 2, 4]) {
      await useSimd(threads, build);
      const options = { wiring: 'ligr', hiddenUnits: 50, numHeads: 2, dropoutRate: 0.2 } as const;
      runs.push(valueAndGradients(options, { lengths: [40, 3, 50, 17, 50, 50], training: true }));
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});

describe.each(engines)('a transformer block as one op on %s', (build) => {
  it.each(cases)(
    'has the values and gradients of composed ops: $wiring, $hiddenUnits units, $numHeads heads',
    async (options) => {
      const lengths = [1, 5, 0, 30, 17, 1, 0];
      await expectTwins(build, options, { lengths });
      await expectTwins(build, { ...options, dropoutRate: 0.3 }, { lengths, training: true });
      await expectTwins(build, { ...options, dropoutRate: 0.3 }, { lengths, training: false });
      await expectTwins(build, { ...options, dropoutRate: 0.5 }, { lengths: [1], training: true });
    },
  );

  it.each(wirings)('has them over several parts of the gradient: %s', async (wiring) => {
    const lengths = Array.from({ length: 23 }, (_, i) => (i * 37) % 50); // 495 tokens
    await expectTwins(build, { wiring, hiddenUnits: 18, numHeads: 2, dropoutRate: 0.2 }, { lengths, training: true });
  });

  const differentiated: Partial<TransformerBlockOptions>[] = [...wirings.map((wiring) => ({ wiring })), ...composed];
  it.each(differentiated)('has the gradients that differences of its values give: %o', async (options) => {
    await useSimd(2, build);
    const block = newBlock({ ...options, hiddenUnits: 6, numHeads: 2, dropoutRate: 0.3 });
    const x = tf.tidy(() => tf.variable(random([9, 6], 1)));
    const dy = random([9, 6], 2);
    const variables = [{ name: 'x', variable: x as tf.Variable }, ...namedWeights(block)];
    const loss = () =>
      tf.tidy(() => {
        const y = callLayer(block, x, { offsets: offsetsOf([4, 0, 1, 4]), training: true, step: 7 });
        return tf.sum(tf.mul(y, dy)) as tf.Scalar;
      });
    const { value, grads } = tf.variableGrads(loss);
    for (const { name, variable } of variables) {
      const direction = random(variable.shape, 3);
      const start = variable.clone();
      const step = 2 ** -8;
      const [after, before] = [step, -step].map((length) => {
        tf.tidy(() => variable.assign(tf.add(start, tf.mul(direction, length))));
        return tf.tidy(() => loss().dataSync()[0]);
      });
      variable.assign(start);
      const expected = tf.tidy(() => tf.sum(tf.mul(grads[variable.name], direction)).dataSync()[0]);
      expect(Math.abs((after - before) / (2 * step) - expected), name).toBeLessThan(0.01 * (1 + Math.abs(expected)));
      tf.dispose([direction, start]);
    }
    tf.dispose([x, dy, value, grads]);
    block.dispose();
  });

  it('has no tokens, and gradients of zero', async () => {
    await useSimd(2, build);
    const gradients = valueAndGradients({ hiddenUnits: 5, wiring: 'pre-norm' }, { lengths: [0] });
    for (const [name, values] of gradients)
      expect(
        values.every((value) => value === 0),
        name,
      ).toBe(true);
  });

  it('rejects weights of another width than x', async () => {
    await useSimd(1, build);
    const block = newBlock({ hiddenUnits: 5 });
    const call = () => tf.tidy(() => void callLayer(block, tf.zeros([2, 4]), { offsets: offsetsOf([2]) }));
    expect(call).toThrow('queryGamma must be as wide as x, 4, got [5]');
    block.dispose();
  });

  it.each(wirings)('has bit-identical results on 1, 2 and 4 threads: %s', async (wiring) => {
    const lengths = Array.from({ length: 60 }, (_, i) => 1 + ((i * 37) % 50));
    const runs = [];
    for (const threads of [1, 2, 4]) {
      await useSimd(threads, build);
      const options = { wiring, hiddenUnits: 50, numHeads: 2, dropoutRate: 0.2 };
      runs.push(valueAndGradients(options, { lengths, training: true }));
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});
