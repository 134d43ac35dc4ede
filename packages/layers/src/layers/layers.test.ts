import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { expectClose, expectGradient, useTestBackend, values } from '../../../../test/support/tensors.js';
import {
  activationNames,
  attentionRollout,
  CausalSelfAttention,
  callLayer,
  GatedResidual,
  gelu,
  HstuBlock,
  ItemEmbedding,
  LayerNorm,
  namedWeights,
  PointWiseFeedForward,
  PositionEmbedding,
  SeededDropout,
  SequenceEmbedding,
  TransformerBlock,
  wiringNames,
} from '../index.js';

useTestBackend();

const offsets = Int32Array.of(0, 3, 5);

describe('every layer', () => {
  const all = [
    new ItemEmbedding({ numItems: 4, units: 6, seed: 3, initializer: 'normal' }),
    new PositionEmbedding({ maxLength: 5, units: 6 }),
    new SequenceEmbedding({ numItems: 4, maxLength: 5, units: 6, scale: 2, dropoutRate: 0.1, seed: 4 }),
    new LayerNorm({ epsilon: 1e-5 }),
    new SeededDropout({ rate: 0.5, seed: 3 }),
    new CausalSelfAttention({ hiddenUnits: 6, numHeads: 2, dropoutRate: 0.1, outputProjection: true }),
    new HstuBlock({ hiddenUnits: 6, maxLength: 4, numHeads: 2, linearUnits: 4, timeBias: false, dropoutRate: 0.1 }),
    ...activationNames.map(
      (activation) => new PointWiseFeedForward({ hiddenUnits: 6, innerUnits: 12, activation, dropoutRate: 0.1 }),
    ),
    ...wiringNames.map(
      (wiring) => new TransformerBlock({ hiddenUnits: 6, wiring, numHeads: 3, residuals: false, seed: 9 }),
    ),
  ];

  it.each(all.map((layer) => [layer.getClassName(), layer] as const))(
    '%s is restored from its configuration',
    (_, layer) => {
      const registered = tf.serialization.SerializationMap.getMap().classNameMap[layer.getClassName()];
      const [create, fromConfig] = registered!;
      const again = fromConfig(create, JSON.parse(JSON.stringify(layer.getConfig()))) as layers.Layer;
      expect(again.getConfig()).toEqual(layer.getConfig());
      expect(again.getClassName()).toMatch(/^Recsys/);
    },
  );

  it.each(all.slice(3).map((layer) => [layer.getClassName(), layer] as const))(
    '%s keeps the shape of its input, and has the same initial weights for the same seed',
    (_, layer) => {
      const x = values([5, 6]);
      const y = callLayer(layer, x, { offsets });
      expect(y.shape).toEqual([5, 6]);
      expect(layer.computeOutputShape([5, 6])).toEqual([5, 6]);
      const twin = new (layer.constructor as new (config: object) => layers.Layer)({
        ...layer.getConfig(),
        name: `${layer.name}_twin`,
      });
      expectClose(callLayer(twin, x, { offsets }).dataSync(), y.dataSync(), 0);
    },
  );
});

describe('ItemEmbedding', () => {
  it('has zeros in row 0, and looks up items', () => {
    const embedding = new ItemEmbedding({ numItems: 3, units: 2 });
    const y = callLayer(embedding, tf.tensor1d([0, 3], 'int32')).dataSync();
    expect([...y.subarray(0, 2)]).toEqual([0, 0]);
    expect([...y.subarray(2)]).toEqual([...embedding.table.dataSync().subarray(6)]);
    expect(y[2]).not.toBe(0);
  });

  it.each([
    [{ numItems: 0, units: 2 }, 'ItemEmbedding: numItems must be an integer from 1 to 2147483646, got 0'],
    [
      { numItems: 2 ** 31, units: 2 },
      'ItemEmbedding: numItems must be an integer from 1 to 2147483646, got 2147483648',
    ],
    [{ numItems: 3, units: 1.5 }, 'ItemEmbedding: units must be an integer >= 1, got 1.5'],
  ])('rejects %j', (args, message) => {
    expect(() => new ItemEmbedding(args)).toThrow(message);
  });
});

describe('SequenceEmbedding', () => {
  const [items, positions] = [tf.tensor1d([3, 1], 'int32'), tf.tensor1d([3, 4], 'int32')];

  it('adds scaled item embeddings and position embeddings', () => {
    const embedding = new SequenceEmbedding({ numItems: 3, maxLength: 5, units: 4 });
    const x = callLayer(embedding, [items, positions]).dataSync();
    const { itemEmbedding, positionEmbedding } = embedding;
    const [item, position] = [itemEmbedding.table.arraySync(), positionEmbedding!.table.arraySync()];
    expectClose(
      x,
      [0, 1].flatMap((t) => item[[3, 1][t]].map((value, u) => 2 * value + position[3 + t][u])), // sqrt(4) = 2
    );
    expect(namedWeights(embedding).map(({ name, isEmbedding }) => [name, isEmbedding])).toEqual([
      ['itemEmbedding.embeddings', true],
      ['positionEmbedding.embeddings', true],
    ]);
  });

  it('takes only items if it has no positions, and drops elements in training', () => {
    const embedding = new SequenceEmbedding({ numItems: 3, maxLength: false, units: 400, scale: 1, dropoutRate: 0.5 });
    const table = (x: tf.Tensor) => x.dataSync();
    expectClose(table(callLayer(embedding, items)), tf.gather(embedding.itemEmbedding.table, items).dataSync());
    const dropped = table(callLayer(embedding, items, { training: true, step: 1 })).filter(
      (value) => value === 0,
    ).length;
    expect(dropped).toBeGreaterThan(300);
    expect(dropped).toBeLessThan(500);
    expect(() => callLayer(embedding, items, { training: true })).toThrow(
      'SequenceEmbedding: a call with training: true',
    );
  });

  it('rejects missing positions and unknown options', () => {
    const embedding = new SequenceEmbedding({ numItems: 3, maxLength: 5, units: 4 });
    expect(() => callLayer(embedding, items)).toThrow('takes [items, positions], got only items');
    const options = { numItems: 3, maxLength: 5, units: 4, rate: 0.5 };
    expect(() => new SequenceEmbedding(options)).toThrow(
      'SequenceEmbedding: unknown option rate; options are numItems',
    );
  });
});

describe('SeededDropout', () => {
  it('drops elements only in training, with a new mask at each step', () => {
    const dropout = new SeededDropout({ rate: 0.5, seed: 1 });
    const x = tf.ones([20, 20]);
    const run = (step: number) => callLayer(dropout, x, { training: true, step }).dataSync().join('');
    expect(
      callLayer(dropout, x)
        .dataSync()
        .every((value) => value === 1),
    ).toBe(true);
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it('rejects a training call without a step, and a rate of 1', () => {
    expect(() => callLayer(new SeededDropout({ rate: 0.5, seed: 1 }), tf.ones([2, 2]), { training: true })).toThrow(
      'needs step',
    );
    expect(() => new SeededDropout({ rate: 1, seed: 1 })).toThrow('SeededDropout: rate must be in [0, 1), got 1');
  });
});

describe('CausalSelfAttention', () => {
  it('rejects heads that do not divide the units, missing offsets, and offsets of another batch', () => {
    expect(() => new CausalSelfAttention({ hiddenUnits: 50, numHeads: 3 })).toThrow(
      'CausalSelfAttention: hiddenUnits (50) must be divisible by numHeads (3)',
    );
    const attention = new CausalSelfAttention({ hiddenUnits: 4 });
    expect(() => callLayer(attention, values([5, 4]))).toThrow('needs offsets');
    expect(() => callLayer(attention, values([6, 4]), { offsets })).toThrow('offsets must run from 0 to the 6 tokens');
  });

  it('returns its weights for plotting, one matrix per sequence and head', () => {
    const attention = new CausalSelfAttention({ hiddenUnits: 4, numHeads: 2 });
    const x = values([5, 4]);
    callLayer(attention, x, { offsets });
    const weights = attention.attentionWeights(x, { offsets });
    expect(weights.map(({ shape }) => shape)).toEqual([
      [2, 3, 3],
      [2, 2, 2],
    ]);
    expectClose(tf.sum(weights[0], -1).dataSync(), [1, 1, 1, 1, 1, 1]);
  });
});

describe('attentionRollout', () => {
  it('is the product of (mean of the heads + identity) / 2, last block first', () => {
    const first = tf.tensor3d([
      [
        [1, 0],
        [0.2, 0.8],
      ],
      [
        [1, 0],
        [0.6, 0.4],
      ],
    ]);
    const second = tf.tensor3d([
      [
        [1, 0],
        [0.5, 0.5],
      ],
    ]);
    // (0.4 + 0) / 2 = 0.2 and (0.6 + 1) / 2 = 0.8, then 0.25 and 0.75
    expectClose(attentionRollout([first, second]).dataSync(), [1, 0, 0.25 + 0.75 * 0.2, 0.75 * 0.8]);
    expectClose(attentionRollout([first, second], { residuals: false }).dataSync(), [1, 0, 0.5 + 0.5 * 0.4, 0.5 * 0.6]);
  });

  it('refuses no blocks, and blocks of different lengths', () => {
    expect(() => attentionRollout([])).toThrow('attentionRollout: needs the weights of one block or more');
    expect(() => attentionRollout([tf.ones([1, 2, 2]), tf.ones([1, 3, 3])])).toThrow('got [1,2,2], [1,3,3]');
  });
});

describe('gelu', () => {
  it('is x times the normal distribution function, with the gradient of finite differences', () => {
    expectClose(gelu(tf.tensor1d([-1, 0, 1, 3])).dataSync(), [-0.158655, 0, 0.841345, 2.99595]);
    expectGradient(gelu, values([4, 3]));
  });
});

describe('PointWiseFeedForward', () => {
  const x = values([3, 2]);
  const x40 = () => values([10, 40]);

  it.each(['gelu', 'silu'] as const)('has %s between its layers', (activation) => {
    const layer = new PointWiseFeedForward({ hiddenUnits: 2, innerUnits: 5, activation, seed: 2 });
    const y = callLayer(layer, x);
    const [inner, , outer] = namedWeights(layer).map(({ variable }) => variable as tf.Variable<tf.Rank.R2>);
    const hidden = tf.matMul(x, inner);
    const activated = activation === 'gelu' ? gelu(hidden) : tf.mul<tf.Tensor2D>(hidden, tf.sigmoid(hidden));
    expect(inner.shape).toEqual([2, 5]);
    expectClose(y.dataSync(), tf.matMul(activated, outer).dataSync());
  });

  it.each(activationNames)('drops elements of both layers in training with %s', (activation) => {
    const layer = new PointWiseFeedForward({ hiddenUnits: 40, activation, dropoutRate: 0.5 });
    const y = callLayer(layer, values([10, 40]), { training: true, step: 1 }).dataSync();
    const dropped = y.filter((value) => value === 0).length;
    expect(dropped).toBeGreaterThan(150);
    expect(dropped).toBeLessThan(250);
    const none = new PointWiseFeedForward({ hiddenUnits: 40, activation, dropoutRate: 0 });
    const again = new PointWiseFeedForward({ hiddenUnits: 40, activation, dropoutRate: 0.999 });
    expectClose(callLayer(again, x40()).dataSync(), callLayer(none, x40()).dataSync(), 0); // outside training nothing
  });

  it('rejects an unknown activation', () => {
    expect(() => new PointWiseFeedForward({ hiddenUnits: 2, activation: 'tanh' as 'relu' })).toThrow(
      'activation must be one of relu, gelu, silu, swiglu, got tanh',
    );
  });
});

describe('GatedResidual', () => {
  it('has the gradient of finite differences in both inputs, and drops elements of the second', () => {
    const gate = new GatedResidual({ hiddenUnits: 3, seed: 2 });
    const [x, y] = [values([4, 3]), values([4, 3], 2)];
    expectGradient((x) => callLayer(gate, [x, y]), x);
    expectGradient((y) => callLayer(gate, [x, y]), y);
    const dropping = new GatedResidual({ hiddenUnits: 3, dropoutRate: 0.999, seed: 2 });
    expectClose(callLayer(dropping, [x, y], { training: true, step: 1 }).dataSync(), x.dataSync());
  });
});

describe('TransformerBlock', () => {
  it.each(wiringNames)('%s: returns the weights that its attention has', (wiring) => {
    const block = new TransformerBlock({ hiddenUnits: 4, numHeads: 2, wiring, seed: 3 });
    const x = values([5, 4]);
    callLayer(block, x, { offsets });
    const before = tf.memory().numTensors;
    const weights = block.attentionWeights(x, { offsets });
    expect(tf.memory().numTensors - before).toBe(2);
    // The query of each wiring, as `Wiring` states it; layer norms start as the identity on normalized rows.
    const norm = new LayerNorm({ epsilon: 1e-8 });
    const normalized: tf.Tensor2D = callLayer(norm, x);
    const [both, neither] = [
      [normalized, normalized],
      [x, x],
    ];
    const queries = { paper: [normalized, x], 'pre-norm': both, 'post-norm': neither, ligr: both };
    const [query, key] = wiring === 'shared-norm' ? [x, normalized] : queries[wiring];
    const expected = block.attention.attentionWeights([query, key, key], { offsets });
    weights.forEach((own, i) => {
      expectClose(own.dataSync(), expected[i].dataSync());
    });
  });

  it('names its weights by part, in a fixed order', () => {
    const block = new TransformerBlock({ hiddenUnits: 4, wiring: 'paper' });
    callLayer(block, values([5, 4]), { offsets });
    expect(namedWeights(block, 'block0').map(({ name }) => name)).toEqual([
      ...['query', 'key', 'value'].flatMap((p) => [`block0.attention.${p}.kernel`, `block0.attention.${p}.bias`]),
      ...['inner', 'outer'].flatMap((p) => [`block0.ffn.${p}.kernel`, `block0.ffn.${p}.bias`]),
      ...['attentionNorm', 'ffnNorm'].flatMap((p) => [`block0.${p}.gamma`, `block0.${p}.beta`]),
    ]);
  });

  it.each(wiringNames)(
    '%s: outputs do not depend on later items, other sequences or the order of the batch',
    (wiring) => {
      const block = new TransformerBlock({ hiddenUnits: 4, wiring, numHeads: 2 });
      const x = values([5, 4]);
      const y = callLayer<tf.Tensor2D>(block, x, { offsets });
      const own = tf.slice(x, [3, 0], [2, 4]);
      expectClose(
        callLayer(block, own, { offsets: Int32Array.of(0, 2) }).dataSync(),
        tf.slice(y, [3, 0], [2, 4]).dataSync(),
      );
      const prefix = tf.slice(x, [0, 0], [2, 4]);
      expectClose(
        callLayer(block, prefix, { offsets: Int32Array.of(0, 2) }).dataSync(),
        tf.slice(y, [0, 0], [2, 4]).dataSync(),
      );
    },
  );

  it('disposes of all its tensors', () => {
    const x = values([5, 4]);
    const before = tf.memory().numTensors;
    const block = new TransformerBlock({ hiddenUnits: 4 });
    callLayer(block, x, { offsets }).dispose();
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    block.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('ligr: adds attention and SwiGLU to its input, each under a gate', () => {
    const block = new TransformerBlock({ hiddenUnits: 4, wiring: 'ligr', seed: 3 });
    const x = values([5, 4]);
    const y = callLayer(block, x, { offsets });
    expect(block.options).toMatchObject({ feedForwardUnits: 16, activation: 'swiglu' });
    const weights = new Map(namedWeights(block).map(({ name, variable }) => [name, variable as tf.Tensor]));
    expect([...weights.keys()].filter((name) => /^ffn\b|Gate/.test(name))).toEqual([
      ...['inner', 'outer', 'linear'].map((name) => `ffn.${name}.kernel`),
      ...['attentionGate', 'ffnGate'].flatMap((name) => [`${name}.kernel`, `${name}.bias`]),
    ]);
    // Norms start as the identity on normalized rows, biases at zero.
    const times = (a: tf.Tensor, name: string) => tf.matMul(a as tf.Tensor2D, weights.get(name) as tf.Tensor2D);
    const norm = (a: tf.Tensor): tf.Tensor2D => callLayer(new LayerNorm({ epsilon: 1e-8 }), a);
    const normalized = norm(x);
    const attended = callLayer(block.attention, [normalized, normalized, normalized], { offsets });
    const z = tf.add(x, tf.mul(tf.sigmoid(times(x, 'attentionGate.kernel')), attended));
    const gate = times(norm(z), 'ffn.inner.kernel');
    const hidden = tf.mul(tf.mul(gate, tf.sigmoid(gate)), times(norm(z), 'ffn.linear.kernel'));
    const network = times(hidden, 'ffn.outer.kernel');
    expectClose(y.dataSync(), tf.add(z, tf.mul(tf.sigmoid(times(z, 'ffnGate.kernel')), network)).dataSync());
  });

  it('rejects a call without offsets', () => {
    const block = new TransformerBlock({ hiddenUnits: 4 });
    expect(() => callLayer(block, values([5, 4]), { newestOnly: true } as never)).toThrow(
      'TransformerBlock: a call needs offsets',
    );
  });

  it('rejects an unknown wiring', () => {
    expect(() => new TransformerBlock({ hiddenUnits: 4, wiring: 'other' as 'paper' })).toThrow(
      'wiring must be one of paper, pre-norm, post-norm, shared-norm, ligr, got other',
    );
  });

  it('is frozen by trainable: false', () => {
    const block = new TransformerBlock({ hiddenUnits: 4, trainable: false });
    callLayer(block, values([5, 4]), { offsets });
    expect(block.trainableWeights).toEqual([]);
    expect(block.nonTrainableWeights.length).toBe(14);
  });
});
