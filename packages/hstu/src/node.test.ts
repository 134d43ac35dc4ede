import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { afterAll, describe, expect, it } from 'vitest';
import { createRecommender } from '../dist/node.js';
import { HSTU } from './hstu.js';

await selectBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-pool-'));
afterAll(() => rmSync(root, { recursive: true }));

const { catalog } = toSequences(simulateInteractions({ seed: 1, users: 300, items: 100 }).interactions);
const model = new HSTU({ catalog, hiddenUnits: 16, maxLength: 10, seed: 3 });
const path = join(root, 'model');
await model.save(path);
const histories = Array.from({ length: 40 }, (_, i) => [`item-${1 + i}`, `item-${60 - i}`]);
const times = histories.map((_, i) => [1.7e9, 1.7e9 + 10 ** (i % 8)]);
const at = 1.71e9;

describe('createRecommender', () => {
  it('answers as the model does, with times, filters and diversity', async () => {
    const recommender = await createRecommender<string>(path, { threads: 2 });
    const inStock = model.filter(catalog.ids.slice(0, 60));
    for (const options of [
      {},
      { k: 3, exclude: ['item-5'], excludeSeen: false },
      { candidates: inStock, diversity: 0.4 },
      { candidates: inStock, exclude: (i: number) => (i % 2 === 0 ? inStock : undefined), k: 5 },
    ]) {
      const timed = { ...options, times, at };
      const expected = model.recommendBatch(histories, timed);
      expect(await recommender.recommendBatch(histories, timed)).toEqual(expected);
    }
    expect(recommender.catalog).toEqual(catalog);
    const one = { times: times[5], at, k: 4 };
    expect(await recommender.recommend(histories[5], one)).toEqual(model.recommend(histories[5], one));
    await recommender.close();
  });

  it('rejects as the model throws, with the code and the advice', async () => {
    const recommender = await createRecommender<string>(path, { threads: 1 });
    await expect(recommender.recommend(['item-1'])).rejects.toThrow(
      expect.objectContaining({
        code: 'no-times',
        message: 'recommend: HSTU uses the times of the items of a history. Set times to give them, in seconds.',
      }),
    );
    await expect(recommender.recommend(['item-1'], { times: [1, 2] })).rejects.toThrow(
      'times must have a number for each of the 1 items of the history',
    );
    await recommender.close();
  });
});
