import { registerSimdBackend } from '@recsys/backend-simd';
import {
  bestItems,
  callLayer,
  countAbove,
  ExcludedItems,
  namedWeights,
  TransformerBlock,
  type TransformerBlockOptions,
} from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { engines, requireNative } from '../support/engines.ts';

requireNative();

const useSimd = async (threads: number, build: (typeof engines)[number]): Promise<void> => {
  registerSimdBackend({ threads, build });
  await tf.setBackend('simd');
};
afterEach(() => {
  if (tf.findBackendFactory('simd')) tf.removeBackend('simd');
});

const random = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);
/** Small integers, whose dot products are exact and often equal. */
const integers = (shape: number[], seed: number) => tf.tidy(() => tf.round(tf.mul(random(shape, seed), 3)));

/** Runs a function and checks that it leaves no tensors. */
const withoutLeak = <T>(run: () => T): T => {
  const before = tf.memory().numTensors;
  const result = run();
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
  return result;
};

const [units, lengths] = [50, Array.from({ length: 60 }, (_, i) => 1 + ((i * 37) % 50))];
const offsets = Int32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b))]);

/** Returns the output of a block at all tokens, and at the newest ones. */
const outputsOf = (options: Partial<TransformerBlockOptions>) =>
  withoutLeak(() => {
    const block = new TransformerBlock({ hiddenUnits: units, normEpsilon: 1e-3, seed: 3, ...options });
    const x = random([offsets[lengths.length], units], 1) as tf.Tensor2D;
    tf.tidy(() => void callLayer(block, tf.zeros([1, units]), { offsets: Int32Array.of(0, 1) })); // builds it
    for (const [i, { name, variable }] of namedWeights(block).entries()) {
      if (!name.endsWith('kernel')) tf.tidy(() => variable.assign(random(variable.shape, 50 + i)));
    }
    const call = (newestOnly: boolean) => {
      const y = tf.tidy(() => callLayer<tf.Tensor2D>(block, x, { offsets, newestOnly }));
      const values = y.dataSync<'float32'>();
      y.dispose();
      return values;
    };
    const outputs = { all: call(false), newest: call(true) };
    x.dispose();
    block.dispose();
    return outputs;
  });

const expectClose = (actual: Float32Array, expected: Float32Array) => {
  expect(actual.length).toBe(expected.length);
  const error = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[i])), 0);
  expect(error).toBeLessThan(5e-5);
};

const blocks = (['paper', 'pre-norm'] as const).flatMap((wiring) =>
  [1, 2, 5].map((numHeads) => ({ wiring, numHeads })),
);

describe.each(engines)('a block without a gradient on %s', (build) => {
  it.each(blocks)('has the values of composed ops: $wiring, $numHeads heads', async (options) => {
    await useSimd(2, build);
    const fused = outputsOf(options);
    await tf.setBackend('cpu');
    const composed = outputsOf(options);
    expectClose(fused.all, composed.all);
    expectClose(fused.newest, composed.newest);
    const rows = lengths.map((_, b) => composed.all.subarray((offsets[b + 1] - 1) * units, offsets[b + 1] * units));
    expectClose(fused.newest, Float32Array.from(rows.flatMap((row) => [...row])));
  });

  it.each(blocks)('has bit-identical results on 1, 2 and 4 threads: $wiring, $numHeads heads', async (options) => {
    const runs = [];
    for (const threads of [1, 2, 4]) {
      await useSimd(threads, build);
      runs.push(outputsOf(options));
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('has the same values with a gradient', async () => {
    await useSimd(2, build);
    const block = new TransformerBlock({ hiddenUnits: units, seed: 3 });
    const x = random([offsets[lengths.length], units], 1) as tf.Tensor2D;
    const call = (x: tf.Tensor) => callLayer<tf.Tensor2D>(block, x, { offsets });
    const plain = tf.tidy(() => call(x).dataSync());
    const { value, grad } = tf.valueAndGrad((x) => tf.sum(call(x)))(x);
    expect(value.dataSync()[0]).toBe(tf.tidy(() => tf.sum(tf.tensor(plain)).dataSync()[0]));
    expect(() => tf.tidy(() => tf.grad((x) => callLayer(block, x, { offsets, newestOnly: true }))(x))).toThrow(
      'no gradient',
    );
    tf.dispose([x, value, grad]);
    block.dispose();
  });

  it('needs a newest token', async () => {
    await useSimd(1, build);
    const block = new TransformerBlock({ hiddenUnits: 5 });
    const empty = Int32Array.of(0, 2, 2);
    const call = () => tf.tidy(() => void callLayer(block, tf.zeros([2, 5]), { offsets: empty, newestOnly: true }));
    expect(call).toThrow('sequence 1 has no newest token: it is empty');
    block.dispose();
  });
});

interface Sizes {
  states: number;
  items: number;
  k: number;
}

/** Returns the best items and the counts above a target of some states. */
const rankings = ({ states, items, k }: Sizes, numbers = integers) =>
  withoutLeak(() => {
    const [hidden, table] = [numbers([states, 9], 1), numbers([items, 9], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const excluded = new ExcludedItems(states, items);
    const targets = Int32Array.from({ length: states }, (_, state) => (state * 31) % items);
    for (let state = 0; state < states; state++) {
      excluded.add(state, [0, items - 1, (state * 7) % items, (state * 7) % items, targets[state]]);
      excluded.remove(state, targets[state]);
    }
    const best = bestItems(hidden, table, { k, excluded });
    const counts = countAbove(hidden, table, targets, { excluded });
    tf.dispose([hidden, table]);
    return { best, counts };
  });

const sizes: Sizes[] = [
  { states: 1, items: 3, k: 5 },
  { states: 1, items: 64, k: 10 },
  { states: 7, items: 65, k: 1 },
  { states: 49, items: 300, k: 300 },
  { states: 100, items: 1000, k: 20 },
  { states: 3, items: 40_000, k: 10 }, // in parts
];

describe.each(engines)('the ranking of items on %s', (build) => {
  it.each(sizes)('is that of composed ops: $states states, $items items, $k best', async (given) => {
    await useSimd(2, build);
    const fused = rankings(given);
    await tf.setBackend('cpu');
    expect(fused).toEqual(rankings(given));
  });

  it('is bit-identical on 1, 2 and 4 threads', async () => {
    const runs = [];
    for (const threads of [1, 2, 4]) {
      await useSimd(threads, build);
      runs.push(
        rankings({ states: 200, items: 3000, k: 10 }, random),
        rankings({ states: 2, items: 40_000, k: 3 }, random),
      );
    }
    expect(runs.slice(2, 4)).toEqual(runs.slice(0, 2));
    expect(runs.slice(4)).toEqual(runs.slice(0, 2));
  });

  it('has the same scores for a state alone and among others', async () => {
    await useSimd(2, build);
    const [hidden, table] = [random([100, 33], 1), random([500, 33], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const together = bestItems(hidden, table, { k: 5, excluded: new ExcludedItems(100, 500) });
    for (const state of [0, 5, 47, 48, 99]) {
      const own = tf.tidy(() => tf.slice(hidden, [state, 0], [1, -1]));
      const alone = bestItems(own, table, { k: 5, excluded: new ExcludedItems(1, 500) });
      expect(alone.scores).toEqual(together.scores.subarray(5 * state, 5 * state + 5));
      expect(alone.indices).toEqual(together.indices.subarray(5 * state, 5 * state + 5));
      own.dispose();
    }
    tf.dispose([hidden, table]);
  });
});

describe.each([...engines, 'cpu'] as const)('scores that are no numbers on %s', (build) => {
  const of = async (scores: number[]) => {
    if (build === 'cpu') await tf.setBackend('cpu');
    else await useSimd(1, build);
    const [hidden, table] = [tf.tensor2d([[1]]), tf.tensor2d(scores, [scores.length, 1])];
    const excluded = new ExcludedItems(1, scores.length);
    excluded.add(0, [0]);
    const results = [
      [...bestItems(hidden, table, { k: 2, excluded }).scores],
      [...countAbove(hidden, table, Int32Array.of(1), { excluded })],
    ];
    tf.dispose([hidden, table]);
    return results;
  };

  it('come first, and make counts -1, unless excluded', async () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    expect(await of([nan, 1, 2, 3])).toEqual([
      [3, 2],
      [2, 0],
    ]);
    expect(await of([0, 1, 2, nan])).toEqual([
      [nan, 2],
      [-1, -1],
    ]);
    expect(await of([0, nan, 2, 3])).toEqual([
      [nan, 3],
      [-1, -1],
    ]);
    expect(await of([0, infinity, infinity, 1])).toEqual([
      [infinity, infinity],
      [0, 1],
    ]);
    expect(await of([0, -infinity, 2, 1])).toEqual([
      [2, 1],
      [-1, -1],
    ]);
  });
});
