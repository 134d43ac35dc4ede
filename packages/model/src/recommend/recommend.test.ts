import { itemIds } from '@recsys/data';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { catalogFilter, itemNorms, type RecommendOptions, recommend, recommendBatch, similarItems } from './index.js';

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

  it.each([undefined, 'item-1', {}, [null], ['item-1', undefined], [['item-1']]])(
    'refuses %j, which is not a list of ids',
    (history) => {
      expect(() => recommend(model, history as never)).toThrow(
        expect.objectContaining({
          code: 'bad-option',
          message: expect.stringMatching(
            /^recommend: the history must be a list of item ids, which are strings or numbers/,
          ),
        }),
      );
    },
  );

  it('returns the best items in outside ids, without those of the history', () => {
    expect(recommend(model, ['a', 'b'], { k: 3 }).map(({ item }) => item)).toEqual(['c', 'f', 'e']);
    expect(recommend(model, ['a', 'b'], { k: 3 })[0].score).toBeCloseTo(1, 6);
  });

  it('finds in blocks what it finds in a table of all scores', () => {
    const histories = [['a'], ['c', 'd', 'e', 'f', 'a', 'b'], ['f']];
    const noLimit = { of: (item: string) => item, max: 1 }; // takes as many of all scores as it needs
    const cases: RecommendOptions<string>[] = [
      { k: 6 },
      { k: 2, excludeSeen: false },
      { k: 3, exclude: ['c', 'e'] },
      { k: 3, candidates: ['b', 'd', 'f'] },
      { k: 3, candidates: ['b', 'd', 'f'], exclude: ['d'] },
      { k: 2, diversity: 0.5 },
    ];
    for (const options of cases)
      expect(recommendBatch(model, histories, options), JSON.stringify(options)).toEqual(
        recommendBatch(model, histories, { ...options, limit: noLimit }),
      );
  });

  it('agrees for one history and for many', () => {
    const histories = [['a'], ['c', 'd', 'e', 'f', 'a', 'b'], ['f']];
    const many = recommendBatch(model, histories, { k: 2 });
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
      'the history has an item that the model does not know: "zz". Set onUnknownItems to skip them, or fallback.',
    );
    const onUnknownItems = vi.fn();
    expect(
      recommendBatch(
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
    expect(() => recommend(model, ['zz'], { onUnknownItems })).toThrow('the history has no item that the model knows');
  });

  it('recommends nothing when no candidate is known, and says which', () => {
    const onUnknownCandidates = vi.fn();
    expect(recommend(model, ['a'], { candidates: ['zz'], exclude: ['yy'], onUnknownCandidates })).toEqual([]);
    expect(onUnknownCandidates.mock.calls).toEqual([[['zz']], [['yy']]]);
  });

  it('takes filters that were made once, by ids or by attributes, and others for each history', () => {
    const { catalog } = model.config;
    const inStock = catalogFilter(catalog, ['c', 'e', 'new-today']);
    expect(inStock.unknown).toEqual(['new-today']);
    const items = (options: RecommendOptions) => recommend(model, ['a'], { k: 6, ...options }).map(({ item }) => item);
    expect(items({ candidates: inStock })).toEqual(['e', 'c']);
    expect(items({ exclude: inStock })).toEqual(['b', 'f', 'd']);
    expect(items({ candidates: catalogFilter(catalog, (id) => id > 'd') })).toEqual(['f', 'e']);
    const lists = recommendBatch(model, [['a'], ['a'], ['a']], {
      k: 6,
      candidates: (i) => [undefined, ['c'], inStock][i],
    });
    expect(lists.map((list) => list.map(({ item }) => item))).toEqual([['b', 'f', 'e', 'd', 'c'], ['c'], ['e', 'c']]);
    const other = catalogFilter(letters(3), ['a']);
    expect(() => recommend(model, ['a'], { candidates: other })).toThrow(
      expect.objectContaining({ code: 'other-catalog' }),
    );
  });

  it('gives the fallback to a history of which nothing is known, and never fails a batch for it', () => {
    const counted = new LastItemModel({ catalog: { ...letters(4), counts: [5, 9, 2, 7] }, units: 3 });
    const onFallback = vi.fn();
    const options = { k: 3, fallback: 'popular', onFallback } as const;
    const [known, unknown, none] = recommendBatch(counted, [['a', 'zz'], ['zz'], []], options);
    expect(known).toHaveLength(3);
    expect(unknown).toEqual([
      { item: 'b', score: 9 },
      { item: 'd', score: 7 },
      { item: 'a', score: 5 },
    ]);
    expect(none).toEqual(unknown);
    expect(onFallback.mock.calls).toEqual([[1], [2]]);
    const items = (more: RecommendOptions) => recommend(counted, [], { k: 3, ...more }).map(({ item }) => item);
    expect(items({ fallback: ['c', 'zz', 'a'], exclude: ['a'] })).toEqual(['c']);
    expect(items({ fallback: 'popular', candidates: ['a', 'c'] })).toEqual(['a', 'c']);
    expect(items({ fallback: 'none' })).toEqual([]);
    expect(() => recommend(counted, [])).toThrow("Set fallback: 'popular' to recommend popular items then.");
    expect(() => recommend(model, [], { fallback: 'popular' })).toThrow('needs the counts of the items');
    expect(() => recommend(model, [], { fallback: 'best' as 'none' })).toThrow(
      'fallback must be popular, none or a list',
    );
  });

  it('caps k at the size of the catalog where asked', () => {
    expect(recommend(model, ['a'], { k: 99, capK: true, excludeSeen: false })).toHaveLength(6);
    expect(() => recommend(model, ['a'], { k: 0, capK: true })).toThrow('got 0');
  });

  it('limits how many items share an attribute, however far down the list it must look', () => {
    const big = new LastItemModel({ catalog: itemIds(Array.from({ length: 500 }, (_, i) => i)), units: 2 });
    const items = recommend(big, [0], { k: 5, limit: { of: (id) => (Number(id) < 490 ? 'common' : id), max: 2 } });
    expect(items.filter(({ item }) => Number(item) < 490)).toHaveLength(2);
    expect(items).toHaveLength(5);
    expect(() => recommend(big, [0], { limit: { of: String, max: 0 } })).toThrow('limit.max must be an integer >= 1');
  });

  it('scores a batch over the same few candidates together, as one by one', () => {
    const big = new LastItemModel({ catalog: itemIds(Array.from({ length: 200 }, (_, i) => i)), units: 4 });
    const few = catalogFilter(big.config.catalog, [7, 3, 150, 42]);
    const histories = Array.from({ length: 30 }, (_, i) => [i, 199 - i]);
    const calls = vi.spyOn(big, 'encode');
    const lists = recommendBatch(big, histories, { k: 4, candidates: few });
    expect(calls).toHaveBeenCalledTimes(1);
    expect(lists).toEqual(histories.map((history) => recommend(big, history, { k: 4, candidates: few })));
    const nothing = catalogFilter(big.config.catalog, [-1]);
    expect(recommendBatch(big, [[1], [2]], { candidates: nothing })).toEqual([[], []]);
  });

  it('agrees whether candidates are scored alone or out of the whole catalog', () => {
    const big = new LastItemModel({ catalog: itemIds(Array.from({ length: 200 }, (_, i) => i)), units: 4 });
    const few = [7, 3, 150, 42];
    const alone = recommend(big, [9, 3], { k: 4, candidates: few });
    const all = recommend(big, [9, 3], { k: 200 }).filter(({ item }) => few.includes(item as number));
    expect(alone.map(({ item }) => item)).toEqual(all.map(({ item }) => item));
    expect(alone.map(({ item }) => item)).not.toContain(3);
    alone.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(all[i].score, 5);
    });
  });

  it('gives no list for no history', () => {
    expect(recommendBatch(model, [])).toEqual([]);
  });

  it('never recommends what is excluded, and skips candidates that the model does not know', () => {
    const items = (options: RecommendOptions) => recommend(model, ['a'], { k: 2, ...options }).map(({ item }) => item);
    expect(items({})).toEqual(['b', 'f']);
    expect(items({ exclude: ['b', 'new-today'] })).toEqual(['f', 'e']);
    expect(items({ exclude: ['c'], candidates: ['c', 'd', 'new-today'] })).toEqual(['d']);
  });

  it('refuses an empty history in a batch, a bad k, and unknown options', () => {
    expect(() => recommendBatch(model, [['a'], []])).toThrow('history 1 has no item that the model knows');
    expect(() => recommend(model, ['a'], { exclud: ['b'] } as object)).toThrow('recommend: unknown option exclud');
    expect(() => similarItems(model, 'a', { n: 3 } as object)).toThrow('similarItems: unknown option n');
    expect(() => recommend(model, ['a'], { k: 0 })).toThrow(
      'recommend: k must be an integer from 1 to 6, the size of the catalog, got 0',
    );
    expect(() => recommend(model, ['a'], { k: 7 })).toThrow('got 7');
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
    recommendBatch(model, [['a'], ['b', 'c']]);
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

  it('gives the same with norms that were computed before, and refuses those of another model', () => {
    const model = new LastItemModel({ catalog: letters(20), units: 4 });
    const before = tf.memory().numTensors;
    const norms = itemNorms(model);
    const vectors = model.trainableWeights()[1].variable.arraySync() as number[][];
    const cosine = (a: number[], b: number[]) =>
      a.reduce((sum, own, i) => sum + own * b[i], 0) / (Math.hypot(...a) * Math.hypot(...b));
    for (const [i, item] of model.config.catalog.ids.entries()) {
      const similar = similarItems(model, item, { k: 5, norms });
      expect(similar).toEqual(similarItems(model, item, { k: 5 }));
      for (const { item: other, score } of similar)
        expect(score).toBeCloseTo(cosine(vectors[i + 1], vectors[model.config.catalog.ids.indexOf(other) + 1]), 5);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(() => similarItems(model, 'a', { norms: norms.subarray(1) })).toThrow('norms has 20 lengths');
  });

  it('takes a vector of zeros as like none', () => {
    const model = new LastItemModel({ catalog: letters(3), units: 1 });
    model.trainableWeights()[1].variable.assign(tf.tensor2d([[0], [2], [0], [-3]]));
    expect(similarItems(model, 'a').map(({ item, score }) => [item, score])).toEqual([
      ['b', 0],
      ['c', -1],
    ]);
  });
});
