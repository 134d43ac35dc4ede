import { itemIds } from '@recsys/data';
import { type BackendName, selectBackend } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { SASRecOptions } from './options.js';
import { SASRec } from './sasrec.js';

await selectBackend({ prefer: (process.env.RECSYS_TEST_BACKEND ?? 'cpu') as BackendName });

const catalog = itemIds(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
const newModel = (options: Partial<SASRecOptions<string>> = {}) =>
  new SASRec<string>({ catalog, maxLength: 4, hiddenUnits: 8, numHeads: 2, seed: 2, ...options });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('SASRec.explain', () => {
  it('has a matrix of weights per block and head, lower triangular, with rows that sum to 1', () => {
    const model = newModel();
    const { items, weights, rollout } = model.explain(['a', 'b', 'c', 'd', 'e']);
    expect(items).toEqual(['b', 'c', 'd', 'e']); // the newest maxLength
    expect(weights.map((heads) => heads.length)).toEqual([2, 2]);
    for (const head of weights.flat()) {
      expect(head.map((row) => row.length)).toEqual([4, 4, 4, 4]);
      head.forEach((row, i) => {
        expect(sum(row)).toBeCloseTo(1, 5);
        expect(row.slice(i + 1).every((weight) => weight === 0)).toBe(true);
      });
    }
    expect(rollout.length).toBe(4);
    expect(sum(rollout)).toBeCloseTo(1, 5);
  });

  it('recommends what recommend does, with shares as its documentation states them', () => {
    const model = newModel();
    const history = ['a', 'b', 'a', 'c'];
    const { rollout, because } = model.explain(history, { k: 3 });
    expect(because.map(({ item, score }) => ({ item, score }))).toEqual(model.recommend(history, { k: 3 }));
    const vectors = model.itemVectors().arraySync();
    const vectorOf = (id: string) => vectors[catalog.ids.indexOf(id) + 1];
    const dot = (a: number[], b: number[]) => sum(a.map((value, i) => value * b[i]));
    const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    for (const { item, reasons } of because) {
      const own = history.map((id, j) => rollout[j] * Math.max(0, cosine(vectorOf(id), vectorOf(item))));
      const shares = { a: own[0] + own[2], b: own[1], c: own[3] };
      const expected = Object.entries(shares)
        .filter(([, share]) => share > 0)
        .sort((x, y) => y[1] - x[1]);
      expect(reasons.map((reason) => reason.item)).toEqual(expected.map(([id]) => id));
      reasons.forEach(({ share }, i) => {
        expect(share).toBeCloseTo(expected[i][1] / sum(own), 5);
      });
    }
    expect(because.some(({ reasons }) => reasons.length > 0)).toBe(true);
  });

  it('names the item of the history whose embedding the recommended one has', () => {
    const model = newModel({ positions: false });
    const table = model.itemVectors() as tf.Variable;
    const rows = table.arraySync() as number[][];
    // Items e and b are the same, and unlike all others.
    rows.forEach((row, i) => {
      row.fill(0);
      row[i % 8] = 1;
    });
    rows[5] = rows[2].slice();
    table.assign(tf.tensor2d(rows));
    const { because } = model.explain(['a', 'b', 'c'], { k: 8 - 3 });
    expect(because.find(({ item }) => item === 'e')!.reasons).toEqual([{ item: 'b', share: 1 }]);
    expect(because.find(({ item }) => item === 'd')!.reasons).toEqual([]);
  });

  it('without blocks, has the newest item alone; on one item, its weight is 1', () => {
    expect(newModel({ numBlocks: 0 }).explain(['a', 'b'])).toMatchObject({ weights: [], rollout: [0, 1] });
    expect(newModel().explain(['c']).weights).toEqual([
      [[[1]], [[1]]],
      [[[1]], [[1]]],
    ]);
  });

  it('keeps no tensors', () => {
    const model = newModel();
    const before = tf.memory().numTensors;
    model.explain(['a', 'b']);
    const cosine = newModel({ similarity: 'cosine' });
    cosine.explain(['a', 'b']);
    cosine.dispose();
    newModel({ numBlocks: 0 }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses what recommend refuses, and a history without a known item', () => {
    const model = newModel();
    expect(() => model.explain(['a', 'x'])).toThrow('the history has an item that the model does not know: "x"');
    expect(() => model.explain(['a'], { k: 0 })).toThrow('k must be an integer');
    const skipped: unknown[] = [];
    const { items } = model.explain(['x', 'a'], { onUnknownItems: (unknown) => skipped.push(...unknown) });
    expect([items, skipped]).toEqual([['a'], ['x']]);
    for (const options of [{}, { onUnknownItems: () => undefined }])
      expect(() => model.explain([], options)).toThrow(/history/);
  });
});
