import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectClose, expectGradient, expectNoLeak, useTestBackend, values } from '../../../../test/support/tensors.js';
import { callLayer, distinctRows, FeatureEmbedding, namedWeights, projectRows, weightedRowSums } from '../index.js';
import { ridgeRegression } from './ridge-regression.js';

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

/** Returns the solution of linear equations, by Gauss–Jordan elimination: the right-hand sides are the columns after the matrix. */
const solved = (equations: number[][]): number[][] => {
  const rows = equations.map((row) => [...row]);
  rows.forEach((pivot, p) => {
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[p] / pivot[p];
      pivot.forEach((value, i) => {
        row[i] -= factor * value;
      });
    }
  });
  return rows.map((row, p) => row.slice(rows.length).map((value) => value / row[p]));
};

describe('ridgeRegression', () => {
  it.each([
    [2, 0],
    [0, 3],
    [2, 3],
  ])('solves the normal equations, with %d columns and vectors of %d', (numColumns, width) => {
    const [y, dense] = [values([4, 2], 3), values([4, Math.max(1, width)], 4)];
    const sparse = { sums: [0, 1, 1, 3], columns: [0, 0, 1, 1], weights: [1, 2, -1, 0.5] };
    const F = Array.from({ length: 4 }, (_, i) => [
      ...Array.from({ length: numColumns }, (_, column) =>
        sparse.sums.reduce(
          (sum, row, e) => sum + (row === i && sparse.columns[e] === column ? sparse.weights[e] : 0),
          0,
        ),
      ),
      ...(width > 0 ? (dense.arraySync() as number[][])[i] : []),
    ]);
    const columns = F[0].keys();
    const Y = y.arraySync() as number[][];
    const equations = [...columns].map((a) => [
      ...F[0].map((_, b) => F.reduce((sum, row) => sum + row[a] * row[b], a === b ? 0.1 : 0)),
      ...[0, 1].map((u) => F.reduce((sum, row, i) => sum + row[a] * Y[i][u], 0)),
    ]);
    const entries = {
      sums: Int32Array.from(numColumns > 0 ? sparse.sums : []),
      columns: Int32Array.from(numColumns > 0 ? sparse.columns : []),
      weights: Float32Array.from(numColumns > 0 ? sparse.weights : []),
    };
    const vectors = width > 0 ? dense : undefined;
    const solve = () => ridgeRegression({ entries, numColumns, vectors }, y, { l2: 0.1 });
    expectClose(solve().dataSync(), solved(equations).flat(), 1e-4);
    expectNoLeak(() => solve().dispose());
    expectClose(
      ridgeRegression({ entries, numColumns, vectors }, tf.zerosLike(y), { l2: 0.1 }).dataSync(),
      new Float32Array(F[0].length * 2),
      0,
    );
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
    const layer = layerWith();
    const call = { training: true };
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

  it('predicts the embeddings of items that were never trained on from those of others, outside training', () => {
    const layer = layerWith();
    const zeros = tf.zeros<tf.Rank.R2>([5, 3]);
    /** What each item has beside the projections of its features. */
    const ownOf = (training = false) =>
      [1, 2, 3, 4].map((item) => {
        const [all, bare] = [table, zeros].map((t, i) =>
          layer.vectorsOf(t, Int32Array.of(item), { training: training || i === 1 }).dataSync(),
        );
        return Array.from(all, (value, i) => value - bare[i]);
      });
    const own = (table.arraySync() as number[][]).slice(1);
    const expectOwn = (expected: number[][], training?: boolean) =>
      expectClose(ownOf(training).flat(), expected.flat(), 1e-5);
    expectOwn(own); // not trained at all: nothing is known
    layer.noteTraining([0, 16, 1, 0, 1]);
    expectOwn(own, true);
    // Items 1, 2 and 4 weigh 2, 1 and 1. Item 3 has no features, and so the weighted mean.
    const mean = own[0].map((_, u) => (2 * own[0][u] + own[1][u] + own[3][u]) / 4);
    expectOwn([own[0], own[1], mean, own[3]]);
    layer.noteTraining([0, 0, 0, 2, 0]); // the next training knows of the first
    expectOwn(own);

    const again = layerWith();
    again.noteTraining([0, 16, 0, 1, 1]);
    // Item 2 has column 1 with weight 2: twice row 1 of the solution of the normal equations of items 1, 3 and 4.
    const rows = [
      [0.5, 0.5, 1, -1],
      [0, 0, 0, 0],
      [0, 0, 2, 3],
    ];
    const weights = [2, 1, 1];
    const trained = [own[0], own[2], own[3]];
    const center = own[0].map((_, u) => trained.reduce((sum, row, i) => sum + weights[i] * row[u], 0) / 4);
    const normal = [0, 1, 2, 3].map((a) => [
      ...[0, 1, 2, 3].map((b) => rows.reduce((sum, row, i) => sum + weights[i] * row[a] * row[b], a === b ? 0.1 : 0)),
      ...center.map((at, u) => rows.reduce((sum, row, i) => sum + weights[i] * row[a] * (trained[i][u] - at), 0)),
    ]);
    const solution = solved(normal);
    const [value, bare] = [false, true].map((training) =>
      again.vectorsOf(training ? zeros : table, Int32Array.of(2), { training }).dataSync(),
    );
    expectClose(
      value.map((x, u) => x - bare[u]),
      center.map((at, u) => at + 2 * solution[1][u]),
      1e-5,
    );
  });

  it('predicts again when weights change, and where a gradient is recorded', () => {
    const layer = layerWith();
    layer.noteTraining([0, 3, 0, 1, 0]);
    const own = tf.variable(table);
    const now = () => [...layer.vectorsOf(own, items).dataSync()];
    const before = now();
    expect(now()).toEqual(before);
    own.assign(tf.mul(table, 2) as tf.Tensor2D);
    const after = now();
    expect(after).not.toEqual(before);
    expectGradient((x) => layer.vectorsOf(x, Int32Array.of(1, 3)), table);
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
    const layer = layerWith();
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const [create, fromConfig] = classNameMap[layer.getClassName()]!;
    const again = fromConfig(create, JSON.parse(JSON.stringify(layer.getConfig()))) as FeatureEmbedding;
    expect(again.getConfig()).toEqual(layer.getConfig());
    expectNoLeak(() => layer.vectorsOf(table, items, { training: true }).dispose());
    expectNoLeak(() =>
      tf.dispose(tf.grad((x) => tf.sum(layer.vectorsOf(x as tf.Tensor2D, items, { training: true })))(table)),
    );
  });
});
