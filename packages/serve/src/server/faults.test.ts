import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createServer, type RecommendationsOptions, recommendations } from '../index.js';
import { errorSchema, recommendAnswerSchema } from '../protocol/index.js';
import { itemNames, patient, saveModel, temporaryFolder } from '../test-support.js';
import { settingsOf } from './options.js';
import { Service } from './service.js';

const model = join(temporaryFolder(), 'model');
beforeAll(async () => {
  await saveModel(model);
});

const start = (options: Partial<RecommendationsOptions> = {}) =>
  Service.start(settingsOf('test', { ...patient, model, ...options }));
const many = (service: Service, count: number) =>
  Promise.allSettled(
    Array.from({ length: count }, (_, i) => service.recommend({ history: [`item-${1 + (i % 40)}`], k: 3 })),
  );

/** Threads are started again and again, which takes its time on a busy machine. */
const longer = 240_000;

describe('a scoring thread that ends', { timeout: longer }, () => {
  it('is started again, and every request gets the answer that it would have had', async () => {
    const service = await start({ maxBatch: 4 });
    try {
      const expected = await many(service, 200);
      for (let kill = 0; kill < 3; kill++) {
        const answers = many(service, 200);
        await new Promise((resolve) => setTimeout(resolve, 2 * kill));
        await service.host.group!.kill();
        expect(await answers).toEqual(expected);
      }
      expect(await service.settings.registry.getSingleMetricAsString('recsys_threads_lost_total')).toContain(' 3');
    } finally {
      await service.close();
    }
  });

  it('leaves others that answer meanwhile', async () => {
    const service = await start({ replicas: 2 });
    try {
      expect(service.host.threads).toBe(2);
      await service.host.group!.kill();
      expect(service.host.threads).toBe(1);
      expect(await service.unreadiness()).toBeUndefined();
      expect((await many(service, 10)).every(({ status }) => status === 'fulfilled')).toBe(true);
    } finally {
      await service.close();
    }
  });
});

describe('more requests than can be answered', { timeout: longer }, () => {
  it('are refused with Retry-After, and the others are answered', async () => {
    const app = await createServer({ ...patient, model, maxQueue: 8, maxBatch: 1 });
    const ask = () => app.inject({ method: 'POST', url: '/v1/recommend', payload: { history: ['item-3'] } });
    const answers = await Promise.all(Array.from({ length: 64 }, ask));
    const [served, refused] = [200, 503].map((status) => answers.filter(({ statusCode }) => statusCode === status));
    expect(served.length + refused.length).toBe(64);
    expect(served.length).toBeGreaterThanOrEqual(8);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.json().error.code).toBe('overloaded');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    expect((await ask()).statusCode).toBe(200);
    await app.close();
  });

  it('are refused whole where they come as one', async () => {
    const service = await start({ maxQueue: 8 });
    const requests = Array.from({ length: 9 }, () => ({ history: ['item-3'] }));
    await expect(service.recommendBatch(requests)).rejects.toMatchObject({ code: 'overloaded' });
    expect((await service.recommendBatch(requests.slice(1))).results).toHaveLength(8);
    await service.close();
  });
});

describe('closing', { timeout: longer }, () => {
  it('answers the requests that were made, and refuses others', async () => {
    const app = fastify({ forceCloseConnections: 'idle', pluginTimeout: 0 });
    let count = 0;
    app.addHook('onRequest', async () => {
      count += 1;
    });
    await app.register(recommendations, { ...patient, model, batchWait: 100 });
    const address = await app.listen();
    const ask = () =>
      fetch(`${address}/v1/recommend`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ history: ['item-3'] }),
      });
    await (await ask()).json();
    const answers = Array.from({ length: 20 }, ask);
    await vi.waitUntil(() => count === 21, { timeout: 30_000 });
    await Promise.all([app.close(), ...answers]);
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    await expect(ask()).rejects.toThrow();
  });

  it('says so to those who ask whether it is ready', async () => {
    const service = await start();
    service.drain();
    expect(await service.unreadiness()).toBe('the service is closing');
    await service.close();
    await expect(service.recommend({ history: ['item-3'] })).rejects.toMatchObject({ code: 'not-ready' });
  });
});

describe('requests of any shape', () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await createServer({ ...patient, model });
  });
  afterAll(() => app?.close());

  /** Mostly what fits, and anything at all from time to time. */
  const mostly = (fitting: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 12, arbitrary: fitting }, { weight: 1, arbitrary: fc.anything() });
  const id = fc.oneof(fc.constantFrom(...itemNames(5)), fc.string({ minLength: 1 }), fc.integer());
  const near = fc
    .record(
      {
        history: mostly(fc.array(id)),
        k: mostly(fc.integer({ min: 0, max: 1001 })),
        at: mostly(fc.double({ noDefaultInfinity: true, noNaN: true })),
        diversity: mostly(fc.double({ min: 0, max: 1, noNaN: true })),
        exclude: mostly(fc.array(id)),
        candidates: mostly(fc.array(id)),
        filter: fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.anything() }),
        fallback: mostly(fc.constantFrom('popular', 'none', 'error')),
        user: mostly(fc.constant(undefined)),
      },
      { requiredKeys: ['history'] },
    )
    .map((body) => jsonOf(body));

  it('get a list or an error of the caller, and never one of ours', async () => {
    const statuses = new Set<number>();
    const bodies = fc.oneof({ weight: 5, arbitrary: near }, fc.json(), fc.string());
    await fc.assert(
      fc.asyncProperty(bodies, async (payload) => {
        const answer = await app.inject({
          method: 'POST',
          url: '/v1/recommend',
          payload,
          headers: { 'content-type': 'application/json' },
        });
        statuses.add(answer.statusCode);
        if (answer.statusCode === 200) expect(recommendAnswerSchema.parse(answer.json())).toEqual(answer.json());
        else {
          expect([400, 422]).toContain(answer.statusCode);
          expect(errorSchema.parse(answer.json())).toEqual(answer.json());
        }
      }),
      { numRuns: 300, seed: 7 },
    );
    expect([...statuses].sort()).toEqual([200, 400, 422]);
  });

  it('may be no HTTP at all', async () => {
    await app.listen();
    const { port } = app.server.address() as { port: number };
    for (const text of [
      '\u0000\u0001\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(2 ** 17)}\r\n\r\n`,
    ]) {
      const socket = connect(port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', () => undefined);
      socket.write(text);
      await once(socket, 'close');
      if (answer !== '')
        expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error.code).toBe('bad-request');
    }
    expect((await app.inject('/health/ready')).statusCode).toBe(200);
  });
});

/** Returns a value as JSON, or a text that is none. */
const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value, (_, own) => (typeof own === 'bigint' ? String(own) : own)) ?? '';
  } catch {
    return '{';
  }
};

describe('the plugin', () => {
  it('lives beside the routes of an application, which keeps its own errors', async () => {
    const app = fastify({ pluginTimeout: 0 });
    app.get('/', async () => {
      throw new Error('of the shop');
    });
    await app.register(recommendations, { ...patient, model, prefix: '/movies', token: 'secret' });
    const headers = { authorization: 'Bearer secret' };
    const ask = (own: object) =>
      app.inject({ method: 'POST', url: '/movies/v1/recommend', payload: { history: ['item-3'] }, ...own });
    expect((await ask({ headers })).statusCode).toBe(200);
    expect((await ask({})).headers['www-authenticate']).toBe('Bearer');
    expect((await app.inject('/movies/metrics')).statusCode).toBe(401);
    expect((await app.inject('/movies/health/live')).statusCode).toBe(200);
    expect((await app.inject('/')).json().message).toBe('of the shop');
    await app.close();
  });

  it.each([
    [{ threads: 0 }, 'recommendations: option threads'],
    [{ thread: 1 }, 'recommendations: option thread'],
    [{ color: 'red' }, 'recommendations: unknown option color'],
    [{ model: 'nowhere' }, 'the model was refused: nowhere: is no run'],
  ])('refuses %j', async (options, message) => {
    await expect(createServer({ ...patient, model, ...(options as object) })).rejects.toThrow(message);
  });
});
