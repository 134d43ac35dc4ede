import { itemIds } from '@recsys/data';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { copyWeights } from './copy-weights.js';

await useTestBackend();

const units = 2;
const rowOf = (model: LastItemModel, item: number) =>
  [...model.itemVectors().dataSync()].slice(units * item, units * (item + 1));

describe('copyWeights', () => {
  const earlier = new LastItemModel({ catalog: letters(3), units });

  it('takes vectors by item id, and the mean for an item that is new', () => {
    const model = new LastItemModel({ catalog: itemIds(['c', 'x', 'a']), units });
    expect(copyWeights(model, earlier)).toEqual({ kept: 2, added: 1, left: 1 });
    expect(rowOf(model, 1)).toEqual(rowOf(earlier, 3));
    expect(rowOf(model, 3)).toEqual(rowOf(earlier, 1));
    expect(rowOf(model, 0)).toEqual(rowOf(earlier, 0));
    const rows = [1, 2, 3].map((item) => rowOf(earlier, item));
    rowOf(model, 2).forEach((value, j) => {
      expect(value).toBeCloseTo((rows[0][j] + rows[1][j] + rows[2][j]) / 3, 6);
    });
  });

  it('copies a model whole where the catalogs are the same, and ids by their text', () => {
    const numbered = new LastItemModel({ catalog: itemIds([1, 2, 3]), units });
    const model = new LastItemModel({ catalog: itemIds(['1', '2', '3']), units });
    for (const { variable } of model.trainableWeights()) variable.assign(tf.zerosLike(variable));
    expect(copyWeights(model, numbered)).toEqual({ kept: 3, added: 0, left: 0 });
    expect(weightsOf(model)).toEqual(weightsOf(numbered));
  });

  it('refuses a model of another size, and copies nothing then', () => {
    const model = new LastItemModel({ catalog: letters(3), units: 4 });
    const before = weightsOf(model);
    expect(() => copyWeights(model, earlier)).toThrow(
      'weight input.embeddings of LastItemModel needs shape [4,4] in the earlier model, which has [4,2]',
    );
    expect(weightsOf(model)).toEqual(before);
  });
});
