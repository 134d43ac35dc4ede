import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectClose, expectGradient, expectNoLeak, useTestBackend, values } from '../../../../test/support/tensors.js';
import { callLayer, distinctRows, FeatureEmbedding, namedWeights, projectRows, weightedRowSums } from '../index.js';

useTestBackend();

const entries = {
  sums: Int32Array.of(0, 0, 2),
  columns: Int32Array.of(0, 1, 1),
  weights: Float32Array.of(1, 0.5, -2),
};

describe('weightedRowSums', () => {
  it('adds up weighted rows', () => {
    const table = tf.tensor2d([
      [1, 2],
      [30, 40],
    ]);
    expect([...weightedRowSums(table, entries, 3).dataSync()]).toEqual([16, 22, 0, 0, -60, -80]);
  });

  it('has the gradient of finite differences, and leaks nothing', () => {
    const table = values([2, 3]);
    expectGradient((x) => weightedRowSums(x, entries, 3), table);
    expectNoLeak(() => tf.dispose(tf.grad((x) => tf.sum(weightedRowSums(x as tf.Tensor2D, entries, 3)))(table)));
    expectNoLeak(() => weightedRowSums(table, entries, 3).dispose());
  });

  it('takes no entries', () => {
    const none = { sums: new Int32Array(0), columns: new Int32Array(0), weights: new Float32Array(0) };
    const table = values([2, 3]);
    expect([...weightedRowSums(table, none, 1).dataSync()]).toEqual([0, 0, 0]);
    expect([
      ...tf
        .grad((x) => tf.sum(weightedRowSums(x as tf.Tensor2D, none, 1)))(table)
        .dataSync(),
    ]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('projectRows', () => {
  const vectors = values([4, 3], 2);
  const rows = tf.tidy(() => tf.keep(tf.tensor1d([3, 1, 3], 'int32')));

  it('is a product, with the gradient of finite differences, and leaks nothing', () => {
    const kernel = values([3, 2]);
    expectClose(
      projectRows(vectors, rows, kernel).dataSync(),
      tf.matMul(tf.gather(vectors, rows), kernel).dataSync(),
      1e-6,
    );
    expectGradient((x) => projectRows(vectors, rows, x), kernel);
    expectNoLeak(() => tf.dispose(tf.grad((x) => tf.sum(projectRows(vectors, rows, x as tf.Tensor2D)))(kernel)));
  });
});

describe('distinctRows', () => {
  it('names each row once, in the order of first appearance', () => {
    const { rows, places } = distinctRows(10, [Int32Array.of(7, 3), Int32Array.of(3, 3, 9)]);
    expect([...rows]).toEqual([7, 3, 9]);
    expect(places.map((list) => [...list])).toEqual([
      [0, 1],
      [1, 1, 2],
    ]);
  });
});

const options = { numItems: 4, units: 3, numColumns: 2, numEntries: 3, vectorWidth: 2, seed: 5 };
/** Item 1 has both columns, item 2 the second one; items 1 and 4 have vectors. */
const features = {
  offsets: Int32Array.of(0, 0, 2, 3, 3, 3),
  entries: Int32Array.of(0, 1, 1),
  weights: Float32Array.of(0.5, 0.5, 2),
  vectors: Float32Array.of(0, 0, 1, -1, 0, 0, 0, 0, 2, 3),
};
const layerWith = (more: object = {}) => {
  const layer = new FeatureEmbedding({ ...options, ...more });
  layer.build([null, 3]);
  layer.setFeatures(features);
  return layer;
};
const items = Int32Array.of(4, 1, 2, 3, 1);

describe('FeatureEmbedding', () => {
  const table = values([5, 3]);

  it('adds projections of features to embeddings', () => {
    const layer = layerWith();
    const [columns, kernel] = namedWeights(layer).map(({ variable }) => variable);
    expect(namedWeights(layer).map(({ name }) => name)).toEqual(['columns.embeddings', 'projection.kernel']);
    const sparse = tf.tensor2d([
      [0, 0],
      [0.5, 0.5],
      [0, 2],
      [0, 0],
      [0, 0],
    ]);
    const dense = tf.tensor2d(features.vectors, [5, 2]);
    const all = tf.addN([table, tf.matMul(sparse, columns as tf.Tensor2D), tf.matMul(dense, kernel as tf.Tensor2D)]);
    const own: tf.Tensor2D = callLayer(layer, [table, tf.tensor1d(items, 'int32')]);
    expectClose(own.dataSync(), tf.gather(all, tf.tensor1d(items, 'int32')).dataSync(), 1e-6);
    expect(layer.computeOutputShape([[5, 3], [5]])).toEqual([5, 3]);
  });

  it('has the gradients of finite differences in the embeddings, the vectors of columns and the projection', () => {
    const layer = layerWith({ embeddingDropout: 0.5 });
    const call = { training: true, step: 3 };
    expectGradient((x) => layer.vectorsOf(x, items, call), table);
    for (const { variable } of namedWeights(layer)) {
      const at = variable.clone() as tf.Tensor2D;
      const probe = values([items.length, 3], 8);
      const loss = () => tf.tidy(() => tf.sum(tf.mul(layer.vectorsOf(table, items, call), probe)) as tf.Scalar);
      const { grads } = tf.variableGrads(loss, [variable]);
      const numeric = at.dataSync().map((value, i, all) => {
        const lossAt = (moved: number) => {
          variable.assign(tf.tensor(all.map((v, j) => (j === i ? moved : v)) as Float32Array, at.shape));
          return loss().dataSync()[0];
        };
        return (lossAt(value + 0.01) - lossAt(value - 0.01)) / 0.02;
      });
      variable.assign(at);
      expectClose(grads[variable.name].dataSync(), numeric, 2e-3);
    }
  });

  it('drops embeddings by seed, step and item, as often as asked, and does not rescale the rest', () => {
    const numItems = 2000;
    const layer = new FeatureEmbedding({
      numItems,
      units: 1,
      numColumns: 0,
      numEntries: 0,
      vectorWidth: 1,
      embeddingDropout: 0.25,
      seed: 1,
    });
    layer.build([null, 1]);
    const none = new Int32Array(0);
    layer.setFeatures({
      offsets: none,
      entries: none,
      weights: new Float32Array(0),
      vectors: new Float32Array(numItems + 1),
    });
    const ones = tf.ones<tf.Rank.R2>([numItems + 1, 1]);
    const all = Int32Array.from({ length: numItems }, (_, i) => i + 1);
    const at = (step: number, which = all) => [...layer.vectorsOf(ones, which, { training: true, step }).dataSync()];
    const first = at(0);
    expect(new Set(first)).toEqual(new Set([0, 1]));
    const dropped = first.filter((value) => value === 0).length / numItems;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / numItems));
    expect(at(0)).toEqual(first);
    expect(at(1)).not.toEqual(first);
    expect(at(0, all.slice().reverse())).toEqual(first.toReversed());
    expect(() => layer.vectorsOf(ones, all, { training: true })).toThrow('needs step');
    expect(
      layer
        .vectorsOf(ones, all)
        .dataSync()
        .every((value) => value === 1),
    ).toBe(true);
  });

  it('leaves out embeddings that were never trained, outside training', () => {
    const layer = layerWith();
    const zeros = tf.zeros<tf.Rank.R2>([5, 3]);
    const difference = () =>
      [1, 2, 3, 4].map((item) => {
        const [own, bare] = [table, zeros].map((t) => layer.vectorsOf(t, Int32Array.of(item)).dataSync());
        return own.some((value, i) => value !== bare[i]);
      });
    expect(difference()).toEqual([true, true, true, true]); // not trained at all: nothing is known
    layer.noteTraining([0, 3, 0, 1, 0]);
    expect(difference()).toEqual([true, false, true, false]);
    layer.noteTraining([0, 0, 1, 0, 0]); // the next training knows of the first
    expect(difference()).toEqual([true, true, true, false]);
  });

  it('has its features in variables that are not trained, and checks them', () => {
    const layer = layerWith();
    const fixed = layer.fixedWeights('features');
    expect(fixed.map(({ name, perItem = false }) => [name, perItem])).toEqual([
      ['features.trained', true],
      ['features.offsets', false],
      ['features.entries', false],
      ['features.weights', false],
      ['features.vectors', false],
    ]);
    const entries = fixed[2].variable;
    entries.assign(tf.tensor1d([0, 7, 1], 'int32'));
    expect(() => layer.vectorsOf(table, items)).toThrow('the features do not fit together');
    const bare = new FeatureEmbedding(options);
    bare.build([null, 3]);
    expect(() => bare.vectorsOf(table, items)).toThrow('has no features yet');
    expect(() => bare.setFeatures({ ...features, entries: Int32Array.of(1) })).toThrow('must have 3 numbers, got 1');
  });

  it('is restored from its configuration, and leaks nothing', () => {
    const layer = layerWith({ embeddingDropout: 0.5 });
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const [create, fromConfig] = classNameMap[layer.getClassName()]!;
    const again = fromConfig(create, JSON.parse(JSON.stringify(layer.getConfig()))) as FeatureEmbedding;
    expect(again.getConfig()).toEqual(layer.getConfig());
    expectNoLeak(() => layer.vectorsOf(table, items, { training: true, step: 0 }).dispose());
    expectNoLeak(() =>
      tf.dispose(tf.grad((x) => tf.sum(layer.vectorsOf(x as tf.Tensor2D, items, { training: true, step: 0 })))(table)),
    );
  });
});
