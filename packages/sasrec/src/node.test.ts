import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createRecommender } from '../dist/node.js';
import { SASRec } from './sasrec.js';

await selectBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-pool-'));
afterAll(() => rmSync(root, { recursive: true }));

const { catalog } = toSequences(simulateInteractions({ seed: 1, users: 300, items: 100 }).interactions);
const model = new SASRec({ catalog, hiddenUnits: 16, maxLength: 10, seed: 3 });
const path = join(root, 'model');
await model.save(path);
const histories = Array.from({ length: 40 }, (_, i) => [`item-${1 + i}`, `item-${60 - i}`]);

describe('createRecommender', () => {
  it('answers as the model does, with filters, fallbacks and diversity', async () => {
    const recommender = await createRecommender<string>(path, { threads: 2 });
    const inStock = model.filter(catalog.ids.slice(0, 60));
    for (const options of [
      {},
      { k: 3, exclude: ['item-5'], excludeSeen: false },
      { candidates: inStock, diversity: 0.4 },
      { candidates: inStock, exclude: (i: number) => (i % 2 === 0 ? inStock : undefined), k: 5 },
    ]) {
      const expected = model.recommendBatch(histories, options);
      expect(await recommender.recommendBatch(histories, options)).toEqual(expected);
    }
    expect(recommender.catalog).toEqual(catalog);
    const few = recommender.filter((item) => Number(item.slice('item-'.length)) < 30);
    const limit = { of: (item: string | number) => String(item).at(-1), max: 1 };
    const limited = model.recommendBatch(histories, { candidates: few, limit, k: 5 });
    expect(await recommender.recommendBatch(histories, { candidates: few, limit, k: 5 })).toEqual(limited);
    expect(limited).not.toEqual(model.recommendBatch(histories, { candidates: few, k: 5 }));
    const of = vi.fn(limit.of);
    for (const max of [1, 2]) await recommender.recommend(histories[0], { limit: { of, max } });
    expect(of).toHaveBeenCalledTimes(catalog.ids.length); // once for each item, not for each request
    const onFallback = vi.fn();
    const onUnknownItems = vi.fn();
    const options = { fallback: 'popular', onFallback, onUnknownItems, k: 4 } as const;
    expect(await recommender.recommend(['nobody'], options)).toEqual(
      model.recommend([], { fallback: 'popular', k: 4 }),
    );
    expect(onFallback.mock.calls).toEqual([[0]]);
    expect(onUnknownItems.mock.calls).toEqual([[['nobody'], 0]]);
    await recommender.close();
  });

  it('rejects as the model throws, with the code and the advice', async () => {
    const recommender = await createRecommender<string>(path, { threads: 1 });
    await expect(recommender.recommend(['nobody'])).rejects.toThrow(
      expect.objectContaining({
        code: 'unknown-item',
        message: expect.stringMatching(/^recommend: the history has an item .* Set onUnknownItems to skip them/),
      }),
    );
    await expect(recommender.recommend(['item-1'], { k: 101 })).rejects.toThrow('k must be an integer from 1 to 100');
    await expect(recommender.recommend(['item-1'], { limit: { of: String, max: 0 } })).rejects.toThrow(
      'limit.max must be an integer >= 1',
    );
    await expect(recommender.recommend(['item-1'], { limit: { of: 'brand', max: 1 } } as object)).rejects.toThrow(
      'limit.of must be a function of an item, got brand',
    );
    expect(await recommender.recommend(['item-1'], { k: 1 })).toHaveLength(1);
    await recommender.close();
    await expect(createRecommender(join(root, 'missing'))).rejects.toThrow(expect.objectContaining({ code: 'no-run' }));
    await expect(createRecommender(path, { threads: 0 })).rejects.toThrow('threads must be an integer from 1 to 256');
  });

  it('answers every request that was made before it was closed', async () => {
    const expected = model.recommend(['item-1'], { k: 3 });
    for (let round = 0; round < 2; round++) {
      const recommender = await createRecommender<string>(path, { threads: 2 });
      const before = Array.from({ length: 1 + 4 * round }, () => recommender.recommend(['item-1'], { k: 3 }));
      const closed = recommender.close();
      await expect(recommender.recommend(['item-1'])).rejects.toThrow(expect.objectContaining({ code: 'closed' }));
      for (const list of await Promise.all(before)) expect(list).toEqual(expected);
      await closed;
    }
  });

  it('does not block the event loop', async () => {
    const recommender = await createRecommender<string>(path, { threads: 1 });
    const many = Array.from({ length: 2000 }, (_, i) => histories[i % histories.length]);
    const ticks: number[] = [];
    const timer = setInterval(() => ticks.push(1), 2);
    const lists = await recommender.recommendBatch(many, { k: 5 });
    clearInterval(timer);
    expect(lists).toHaveLength(2000);
    expect(ticks.length).toBeGreaterThan(2); // the loop turned while the thread computed
    await recommender.close();
  });
});
