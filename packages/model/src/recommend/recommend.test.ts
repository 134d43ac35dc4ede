import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { type RecommendOptions, recommend, similarItems } from './index.js';

await useTestBackend();

/** A model whose best next item is always the next letter: one-hot states and vectors. */
const nextLetter = () => {
  const model = new LastItemModel({ catalog: letters(6), units: 7, maxLength: 3 });
  const [input, output] = model.trainableWeights();
  input!.variable.assign(tf.eye(7, 7));
  const shifted = tf.tensor2d(
    Array.from({ length: 7 }, (_, row) => Array.from({ length: 7 }, (_, col) => (row === col + 1 ? 1 : row / 100))),
  );
  output!.variable.assign(shifted);
  return model;
};

describe('recommend', () => {
  const model = nextLetter();

  it('returns the best items in outside ids, without those of the history', () => {
    expect(recommend(model, ['a', 'b'], { k: 3 }).map(({ item }) => item)).toEqual(['c', 'f', 'e']);
    expect(recommend(model, ['a', 'b'], { k: 3 })[0].score).toBeCloseTo(1, 6);
  });

  it('agrees for one history and for many', () => {
    const histories = [['a'], ['c', 'd', 'e', 'f', 'a', 'b'], ['f']];
    const many = recommend(model, histories, { k: 2 });
    histories.forEach((history, i) => {
      expect(many[i].map(({ item }) => item)).toEqual(recommend(model, history, { k: 2 }).map(({ item }) => item));
    });
  });

  it('may recommend seen items again, and only candidates when there are any', () => {
    expect(recommend(model, ['b', 'a'], { k: 1, excludeSeen: false })[0].item).toBe('b');
    expect(recommend(model, ['b', 'a'], { k: 5, candidates: ['d', 'a', 'c'] }).map(({ item }) => item)).toEqual([
      'd',
      'c',
    ]);
  });

  it('excludes seen items that are older than what the model sees', () => {
    const items = recommend(model, ['f', 'a', 'b', 'c', 'd'], { k: 6 }).map(({ item }) => item);
    expect(items).toEqual(['e']);
  });

  it('refuses unknown items, or skips them and says so', () => {
    expect(() => recommend(model, ['a', 'zz'])).toThrow(
      'history 0 has an item that the model does not know: "zz". Set onUnknownItems to skip them.',
    );
    const onUnknownItems = vi.fn();
    expect(
      recommend(
        model,
        [
          ['a', 'zz'],
          ['yy', 'b'],
        ],
        { k: 1, onUnknownItems },
      ).map(([best]) => best!.item),
    ).toEqual(['b', 'c']);
    expect(onUnknownItems.mock.calls).toEqual([
      [['zz'], 0],
      [['yy'], 1],
    ]);
    expect(() => recommend(model, ['zz'], { onUnknownItems })).toThrow('history 0 has no item that the model knows');
  });

  it('gives no list for no history', () => {
    expect(recommend(model, [])).toEqual([]);
  });

  it('never recommends what is excluded, and skips candidates that the model does not know', () => {
    const items = (options: RecommendOptions) => recommend(model, ['a'], { k: 2, ...options }).map(({ item }) => item);
    expect(items({})).toEqual(['b', 'f']);
    expect(items({ exclude: ['b', 'new-today'] })).toEqual(['f', 'e']);
    expect(items({ exclude: ['c'], candidates: ['c', 'd', 'new-today'] })).toEqual(['d']);
  });

  it('refuses an empty history in a batch, a bad k, unknown options, and candidates that are all unknown', () => {
    expect(() => recommend(model, [['a'], []])).toThrow('history 1 has no item that the model knows');
    expect(() => recommend(model, ['a'], { exclud: ['b'] } as object)).toThrow('recommend: unknown option exclud');
    expect(() => similarItems(model, 'a', { n: 3 } as object)).toThrow('similarItems: unknown option n');
    expect(() => recommend(model, ['a'], { k: 0 })).toThrow(
      'recommend: k must be an integer from 1 to 6, the size of the catalog, got 0',
    );
    expect(() => recommend(model, ['a'], { k: 7 })).toThrow('got 7');
    expect(() => recommend(model, ['a'], { candidates: ['zz'] })).toThrow(
      'none of the 1 candidates is in the catalog of 6 items: "zz"',
    );
  });

  it('says that the weights are damaged when scores are not numbers', () => {
    const broken = nextLetter();
    const [input] = broken.trainableWeights();
    input.variable.assign(tf.fill([7, 7], Number.NaN));
    expect(() => recommend(broken, ['a'])).toThrow(expect.objectContaining({ name: 'ModelError', code: 'bad-score' }));
  });

  it('leaks nothing', () => {
    recommend(model, ['a']);
    const before = tf.memory().numTensors;
    recommend(model, [['a'], ['b', 'c']]);
    similarItems(model, 'a');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('similarItems', () => {
  it('orders items by the cosine of their vectors, without the item itself', () => {
    const model = new LastItemModel({ catalog: letters(3), units: 2 });
    model.trainableWeights()[1].variable.assign(
      tf.tensor2d([
        [0, 0],
        [1, 0],
        [5, 5],
        [0, 2],
      ]),
    );
    const similar = similarItems(model, 'a', { k: 3 });
    expect(similar.map(({ item }) => item)).toEqual(['b', 'c']);
    expect(similar[0].score).toBeCloseTo(Math.SQRT1_2, 6);
    expect(() => similarItems(model, 'zz')).toThrow('item "zz" is not in the catalog of 3 items');
  });
});
