import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecommendationsClient } from '../client.js';
import { createServer } from '../index.js';
import { patient, saveModel, temporaryFolder } from '../test-support.js';

const model = join(temporaryFolder(), 'model');
let app: FastifyInstance;
let address: string;
beforeAll(async () => {
  await saveModel(model);
  app = await createServer({ ...patient, model, token: 'secret' });
  address = await app.listen();
});
afterAll(() => app?.close());

describe('RecommendationsClient', () => {
  it('asks a service for all that it does', async () => {
    const client = new RecommendationsClient(`${address}/`, { token: 'secret' });
    const { items, modelVersion } = await client.recommend({ history: ['item-3'], k: 2 });
    expect(items).toHaveLength(2);
    expect(await client.recommendBatch([{ history: ['item-3'], k: 2 }])).toMatchObject([{ items }]);
    expect(await client.record({ user: 'ann', item: 'item-3', id: 'e' })).toEqual({ recorded: true });
    expect((await client.recommend({ user: 'ann', k: 2 })).items).toEqual(items);
    expect((await client.similar('item-3', { k: 3 })).items).toHaveLength(3);
    expect((await client.model()).version).toBe(modelVersion);
    expect((await client.changeModel()).version).toBe(modelVersion);
  });

  it('throws the errors of the service', async () => {
    const client = new RecommendationsClient(address, { token: 'secret' });
    await expect(client.similar('a/b ?')).rejects.toMatchObject({
      code: 'unknown-item',
      message: 'the model does not know the item "a/b ?"',
    });
    await expect(new RecommendationsClient(address).model()).rejects.toMatchObject({ code: 'unauthorized' });
    const proxy = async () => new Response('<html>', { status: 502 });
    await expect(new RecommendationsClient(address, { fetch: proxy }).model()).rejects.toThrow(
      'the server answered 502',
    );
    expect(() => new RecommendationsClient(address, { retry: 1 } as object)).toThrow('unknown option retry');
  });

  /** A service that fails for some time, and counts the attempts. */
  const failing = (failures: number, fail: () => Response) => {
    const calls = { count: 0 };
    const own: typeof fetch = async () => {
      calls.count += 1;
      return calls.count <= failures ? fail() : Response.json({ recorded: true });
    };
    return { calls, client: new RecommendationsClient(address, { fetch: own }) };
  };
  const refuse = (code: string) => () =>
    Response.json({ error: { code, message: 'later' } }, { status: 503, headers: { 'retry-after': '0' } });

  it('tries again what was refused or broke, and an event only if it cannot be recorded twice', async () => {
    const broken = () => {
      throw new TypeError('fetch failed');
    };
    const event = { user: 'ann', item: 'a' };
    for (const fail of [broken, refuse('overloaded'), refuse('histories-unavailable')]) {
      const { calls, client } = failing(2, fail);
      expect(await client.record({ ...event, id: 'e' })).toEqual({ recorded: true });
      expect(calls.count).toBe(3);
      await expect(failing(3, fail).client.record({ ...event, id: 'e' })).rejects.toThrow();
    }
    expect(await failing(2, refuse('overloaded')).client.record(event)).toEqual({ recorded: true });
    for (const fail of [broken, refuse('histories-unavailable')]) {
      const { calls, client } = failing(1, fail);
      await expect(client.record(event)).rejects.toThrow();
      expect(calls.count).toBe(1);
    }
  });
});
