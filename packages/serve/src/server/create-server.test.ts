import { join } from 'node:path';
import type { SASRec } from '@recsys/sasrec';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../index.js';
import * as schemas from '../protocol/index.js';
import {
  batchAnswerSchema,
  errorSchema,
  modelAnswerSchema,
  recommendAnswerSchema,
  similarAnswerSchema,
} from '../protocol/index.js';
import { attributesOf, itemNames, patient, saveModel, temporaryFolder } from '../test-support.js';

const folder = temporaryFolder();
const path = join(folder, 'model');
let app: FastifyInstance;
let model: SASRec<string>;

beforeAll(async () => {
  model = await saveModel(path);
  app = await createServer({ ...patient, model: path, items: attributesOf(itemNames(40)) });
});
afterAll(() => app?.close());

const ask = async (method: 'GET' | 'POST', url: string, payload?: object, more: InjectOptions = {}) => {
  const answer = await app.inject({ method, url, ...(payload && { payload }), ...more });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
};
const recommend = (payload: object) => ask('POST', '/v1/recommend', payload);
const history = ['item-3', 'item-5'];
const itemsOf = ({ body }: { body: { items: { item: string }[] } }) => body.items.map(({ item }) => item);

describe('POST /v1/recommend', () => {
  it('gives what the model gives, with its version', async () => {
    const { status, body } = await recommend({ history, k: 5 });
    expect(status).toBe(200);
    expect(recommendAnswerSchema.parse(body)).toEqual(body);
    const expected = model.recommend(history, { k: 5 });
    expect(itemsOf({ body })).toEqual(expected.map(({ item }) => item));
    body.items.forEach(({ score }: { score: number }, i: number) => {
      expect(score).toBeCloseTo(expected[i].score, 4);
    });
    expect(body).toMatchObject({ unknownItems: 0, fallback: false });
    expect(body.modelVersion).toMatch(/^model-[0-9a-f]{8}$/);
  });

  it('takes exclude, candidates, includeSeen and a k above the catalog', async () => {
    const all = await recommend({ history, k: 100 });
    expect(all.body.items).toHaveLength(38);
    expect((await recommend({ history, k: 100, includeSeen: true })).body.items).toHaveLength(40);
    expect(itemsOf(await recommend({ history, k: 100, exclude: ['item-1', 'gone'] }))).not.toContain('item-1');
    const few = itemsOf(await recommend({ history, candidates: ['item-7', 'gone', 'item-9', 'item-3'] }));
    expect(few.sort()).toEqual(['item-7', 'item-9']);
  });

  it('gives diverse lists as the model does', async () => {
    const list = itemsOf(await recommend({ history, k: 5, diversity: 0.7 }));
    expect(list).toEqual(model.recommend(history, { k: 5, diversity: 0.7 }).map(({ item }) => item));
  });

  it('filters on attributes: any value of several, a list, a range', async () => {
    const filtered = async (filter: object) => {
      const found = itemsOf(await recommend({ history: ['item-40'], k: 40, filter }));
      return found.map((item) => Number(item.slice(5))).sort((a, b) => a - b);
    };
    const numbers = Array.from({ length: 39 }, (_, i) => i + 1);
    expect(await filtered({ kind: 'tea' })).toEqual(numbers.filter((n) => n % 2 === 1));
    expect(await filtered({ kind: 'cake', price: { max: 12 } })).toEqual([1, 2, 6, 8, 10, 11, 12]);
    expect(await filtered({ price: [2, '7'] })).toEqual([2, 7]);
    expect(await filtered({ price: { min: 38 } })).toEqual([38, 39]);
    expect(await filtered({ kind: ['coffee'] })).toEqual([]);
    expect(itemsOf(await recommend({ history, filter: { price: [2, 7] }, candidates: ['item-7', 'item-8'] }))).toEqual([
      'item-7',
    ]);
  });

  it('says what is wrong with a filter', async () => {
    const { status, body } = await recommend({ history, filter: { colour: 'red' } });
    expect(status).toBe(400);
    expect(body.error.message).toBe('filter: items have no attribute "colour"; there are kind, price');
    expect((await recommend({ history, filter: { kind: { min: 1 } } })).status).toBe(400);
  });

  it('skips unknown items, and falls back to popular ones', async () => {
    const { body } = await recommend({ history: ['gone', 'item-3'] });
    expect(body).toMatchObject({ unknownItems: 1, fallback: false });
    const popular = await recommend({ history: ['gone'], k: 3 });
    expect(popular.body).toMatchObject({ unknownItems: 1, fallback: true });
    expect(itemsOf(popular)).toEqual(['item-1', 'item-2', 'item-3']);
    expect((await recommend({ history: [], fallback: 'none' })).body.items).toEqual([]);
    const refused = await recommend({ history: ['gone'], fallback: 'error' });
    expect([refused.status, refused.body.error.code]).toEqual([422, 'unknown-history']);
  });

  it.each([
    [{}, 'give either history or user'],
    [{ history: [], user: 'ann' }, 'give either history or user'],
    [{ history: [], size: 3 }, 'Unrecognized key: "size"'],
    [{ history: [null] }, '/history/0'],
    [{ history: ['a\u0000'] }, 'must be well-formed text'],
    [{ history: ['\ud800'] }, 'must be well-formed text'],
    [{ history: ['a'], k: 0 }, '/k'],
    [{ history: ['a'], k: 1.5 }, '/k'],
    [{ history: ['a'], times: [] }, 'times must have a number for each item'],
    [{ history: ['a'], filter: { price: {} } }, '/filter'],
    [{ history: ['a'], exclude: Array(10_001).fill('a') }, '/exclude'],
  ])('refuses what does not fit: %#', async (payload, message) => {
    const { status, body } = await recommend(payload);
    expect(status).toBe(400);
    expect(errorSchema.parse(body).error.message).toContain(message);
  });
});

describe('POST /v1/recommend/batch', () => {
  it('has a result for each request, and one error leaves the others alone', async () => {
    const requests = [
      { history, k: 2 },
      { history: ['gone'], fallback: 'error' },
      { history, filter: { colour: 'red' } },
      { history, k: 4 },
      { user: 'nobody', fallback: 'none' },
    ];
    const { status, body } = await ask('POST', '/v1/recommend/batch', { requests });
    expect(status).toBe(200);
    expect(batchAnswerSchema.parse(body)).toEqual(body);
    const { results } = body;
    expect(results[0].items).toEqual((await recommend(requests[0])).body.items);
    expect(results[1].error.code).toBe('unknown-history');
    expect(results[2].error.code).toBe('bad-request');
    expect(results[3].items).toHaveLength(4);
    expect(results[4]).toMatchObject({ items: [], fallback: true });
  });
});

describe('other routes', () => {
  it('give similar items', async () => {
    const { body } = await ask('GET', '/v1/items/item-3/similar?k=4');
    expect(similarAnswerSchema.parse(body)).toEqual(body);
    expect(itemsOf({ body })).toEqual(model.similarItems('item-3', { k: 4 }).map(({ item }) => item));
    expect((await ask('GET', '/v1/items/gone/similar')).status).toBe(404);
    expect((await ask('GET', `/v1/items/${'%F0%9F%8D%B5'.repeat(128)}/similar`)).body.error.code).toBe('unknown-item');
    expect((await ask('GET', '/v1/items/item-3/similar?k=x')).status).toBe(400);
    expect((await ask('GET', '/v1/items/%ff/similar')).body.error.code).toBe('bad-request');
  });

  it('record events, which the next list knows', async () => {
    const event = { user: 'ann', item: 'item-5', time: 20, id: 'e2' };
    expect((await ask('POST', '/v1/events', event)).body).toEqual({ recorded: true });
    expect((await ask('POST', '/v1/events', event)).body).toEqual({ recorded: false });
    await ask('POST', '/v1/events', { user: 'ann', item: 'item-3', time: 10 });
    const { body } = await recommend({ user: 'ann', k: 5 });
    expect(body).toEqual((await recommend({ history, k: 5 })).body);
  });

  it('say what the model is, that it is there, and that it cannot be changed without a token', async () => {
    const { body } = await ask('GET', '/v1/model');
    expect(modelAnswerSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      kind: 'SASRec',
      items: 40,
      maxLength: 8,
      usesTimes: false,
      attributes: ['kind', 'price'],
    });
    expect((await ask('GET', '/health/live')).body).toEqual({ status: 'live' });
    expect((await ask('GET', '/health/ready')).body).toEqual({ status: 'ready' });
    expect((await ask('POST', '/v1/model', {})).body.error.code).toBe('forbidden');
  });

  it('measure', async () => {
    await recommend({ history: ['gone'] });
    const { payload } = await app.inject('/metrics');
    for (const name of [
      'recsys_requests_total{route="/v1/recommend",method="POST",status="200"}',
      'recsys_request_seconds_bucket',
      'recsys_batch_size_sum',
      'recsys_queue_length 0',
      'recsys_model_info{version="model-',
      'recsys_model_age_seconds',
      'recsys_fallbacks_total',
      'recsys_unknown_items_total',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(payload).toContain(name);
  });

  it('are described by OpenAPI, of the same schemas', async () => {
    const { body } = await ask('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual([
      '/health/live',
      '/health/ready',
      '/metrics',
      '/v1/recommend',
      '/v1/recommend/batch',
      '/v1/items/{id}/similar',
      '/v1/events',
      '/v1/model',
    ]);
    const { properties } = body.paths['/v1/recommend'].post.requestBody.content['application/json'].schema;
    expect(properties.k).toMatchObject({ type: 'integer', minimum: 1, maximum: 1000 });
    for (const schema of Object.values(schemas).filter((own) => 'meta' in own))
      for (const example of (schema.meta()?.examples ?? []) as unknown[])
        expect(() => schema.parse(example)).not.toThrow();
    expect(body.paths['/v1/recommend'].post.responses['200']).toMatchObject({ description: 'The list.' });
    const page = await app.inject('/docs/');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('answer every error in one shape, without a stack', async () => {
    const answers = await Promise.all([
      ask('GET', '/v1/nothing'),
      ask('GET', '/v1/recommend'),
      ask('POST', '/v1/recommend', undefined, {
        payload: '{"history":',
        headers: { 'content-type': 'application/json' },
      }),
      ask('POST', '/v1/recommend', undefined, { payload: 'history', headers: { 'content-type': 'text/plain' } }),
      ask('POST', '/v1/recommend', { history: ['x'.repeat(2 ** 20)] }),
      ask('POST', '/v1/recommend', undefined, {
        payload: '{"history":[],"__proto__":{"k":1}}',
        headers: { 'content-type': 'application/json' },
      }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 415, 413, 400]);
    for (const { body } of answers) {
      expect(errorSchema.parse(body)).toEqual(body);
      expect(JSON.stringify(body)).not.toMatch(/node_modules|\.js|at /);
    }
  });
});
