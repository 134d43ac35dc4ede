import { appendFileSync, cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// As it is built: the page lies beside it.
import { type Studio, startStudio } from '../../dist/index.js';
import type { ListAnswer, ModelAnswer, NamedItem, SimilarAnswer, StudioEvent } from '../protocol/index.js';
import { configOf, epochLine, temporaryFolder, trainRun, writeItems, writeRun } from '../test-support.js';

const root = temporaryFolder();
const [runs, items] = [join(root, 'runs'), join(root, 'items.csv')];
let studio: Studio;
let base: URL;
let model: Awaited<ReturnType<typeof trainRun>>;

beforeAll(async () => {
  writeItems(items);
  model = await trainRun(join(runs, 'shop'), { tested: true });
  studio = await startStudio({ runs, items, interval: 50 });
  base = new URL(studio.url);
});
afterAll(() => studio.close());

/** Sends a request with any headers. */
const send = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }>(
    (resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: base.port, path, method, headers: { host: base.host, ...headers } },
        async (answer) => {
          const parts: Buffer[] = [];
          for await (const part of answer) parts.push(part);
          resolve({ status: answer.statusCode!, headers: answer.headers, text: Buffer.concat(parts).toString() });
        },
      );
      sent.on('error', reject).end();
    },
  );

const bearer = () => ({ authorization: `Bearer ${base.searchParams.get('token')}` });

/** Asks as the page does. */
const ask = async <Answer>(
  path: string,
  body?: object,
): Promise<Answer & { error?: { code: string; message: string } }> => {
  const response = await fetch(new URL(path, base.origin), {
    headers: { ...bearer(), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return response.json() as never;
};

describe('who is let in', () => {
  it('the address that was printed gets a cookie, and leads to the page without the token', async () => {
    const first = await send(`/${base.search}`);
    expect([first.status, first.headers.location]).toEqual([303, '/']);
    const [cookie] = first.headers['set-cookie'] as string[];
    expect(cookie).toMatch(/^recsys-studio-\d+=\S+; Path=\/; HttpOnly; SameSite=Strict$/);
    const page = await send('/', { cookie: `other=1; ${cookie.split(';')[0]}` });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    expect(page.text).not.toMatch(/https?:/); // nothing comes from elsewhere
  });

  it.each([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer wrong' }],
    ['a wrong cookie', { cookie: 'recsys-studio-1=x' }],
  ])('not a request with %s', async (_, headers) => {
    for (const path of ['/', '/api/model?run=shop', '/icon.svg', '/?token=wrong']) {
      const { status, text } = await send(path, headers);
      expect(status).toBe(403);
      expect(text).toContain('the address that recsys studio has printed');
    }
  });

  it.each([
    ['another name, as after DNS rebinding', { host: 'evil.example:80' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another page', { origin: 'http://evil.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a file', { origin: 'null' }],
    ['another site, by what the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['another port, by what the browser says', { 'sec-fetch-site': 'same-site' }],
    ['the bar of addresses', { 'sec-fetch-site': 'none' }],
  ])('not a request with the token from %s', async (_, headers) => {
    const answer = await send('/api/model?run=shop', { ...bearer(), ...headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('the name localhost, and its own page', async () => {
    const host = `localhost:${base.port}`;
    const own = { ...bearer(), host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect((await send('/api/model?run=shop', own)).status).toBe(200);
  });

  it('has its own files alone, and knows GET and POST of its routes', async () => {
    for (const path of ['/../package.json', '/..%2f..%2fpackage.json', '/index.html', '/api/nothing'])
      expect((await send(path, bearer())).status).toBe(404);
    expect((await send('/api/model?run=shop', bearer(), 'OPTIONS')).status).toBe(404);
  });
});

describe('the model of a run', () => {
  it('is described with titles and attributes', async () => {
    expect(await ask<ModelAnswer>('/api/model?run=shop')).toMatchObject({
      run: 'shop',
      kind: 'SASRec',
      items: 30,
      maxLength: 6,
      usesTimes: false,
      checkpoint: expect.stringMatching(/^step-\d{10}$/),
      names: 'Titles are those of items.csv.',
      attributes: [
        { name: 'kind', kind: 'texts', others: 0 },
        { name: 'year', kind: 'numbers', min: 1990, max: 2019 },
      ],
    });
  });

  it('finds items, and recommends what the model does, with reasons', async () => {
    const found = await ask<NamedItem[]>('/api/items?run=shop&query=creme%20lamp');
    expect(found).toEqual([{ item: 'item-9', title: 'Crème lamp' }]);
    const history = ['item-9', 'item-3', 'nothing'];
    const { items: list, attention, ...rest } = await ask<ListAnswer>('/api/list', { run: 'shop', history, k: 5 });
    const { because, rollout } = model.explain(history.slice(0, 2), { k: 5 });
    expect(list.map(({ item }) => item)).toEqual(because.map(({ item }) => item));
    expect(list[0].reasons).toHaveLength(because[0].reasons.length);
    expect(attention).toMatchObject({ seen: ['item-9', 'item-3'] });
    attention!.rollout.forEach((share, i) => {
      expect(share).toBeCloseTo(rollout[i], 4);
    });
    expect(attention!.weights.map((heads) => heads.map((weights) => weights.length))).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(rest).toEqual({
      popular: false,
      history: [
        { item: 'item-9', title: 'Crème lamp', known: true },
        { item: 'item-3', title: 'Blue kettle', known: true },
        { item: 'nothing', title: 'nothing', known: false },
      ],
    });
  });

  it('recommends popular items for no history, and nothing that is excluded or filtered', async () => {
    expect(await ask<ListAnswer>('/api/list', { run: 'shop', history: [] })).toMatchObject({ popular: true });
    const filter = { kind: ['gift'], year: { min: 2000 } };
    const { items: list } = await ask<ListAnswer>('/api/list', {
      run: 'shop',
      history: ['item-9'],
      exclude: ['item-11'],
      filter,
    });
    expect(list.map(({ item }) => item).sort()).toEqual(['item-16', 'item-21', 'item-26']);
  });

  it('has similar items, with titles', async () => {
    const { items: similar } = await ask<SimilarAnswer>('/api/similar?run=shop&item=item-1&k=3');
    expect(similar).toHaveLength(3);
    expect(similar[0]).toEqual({
      item: expect.any(String),
      title: expect.stringContaining(' '),
      cosine: expect.any(Number),
    });
  });

  it.each([
    ['/api/model?run=none', undefined, 'unknown-run', 'there is no run none'],
    ['/api/model?run=..%2Fruns%2Fshop', undefined, 'unknown-run', 'there is no run ../runs/shop'],
    ['/api/similar?run=shop&item=none', undefined, 'bad-request', 'the model does not know the item "none"'],
    [
      '/api/list',
      { run: 'shop', history: ['a'], filter: { colour: ['red'] } },
      'bad-request',
      'items have no attribute "colour"',
    ],
    ['/api/list', { run: 'shop', history: 'a' }, 'bad-request', 'the request does not fit: history'],
    ['/api/list', { run: 'shop', history: [], more: 1 }, 'bad-request', 'the request does not fit'],
  ])('%s %j is answered with an error', async (path, body, code, message) => {
    const { error } = await ask(path, body);
    expect(error).toEqual({ code, message: expect.stringContaining(message) });
  });

  it('is refused in words where there is none, it is damaged, or the studio does not know its kind', async () => {
    writeRun(runs, 'new');
    cpSync(join(runs, 'shop'), join(runs, 'damaged'), { recursive: true });
    const { checkpoint } = await ask<ModelAnswer>('/api/model?run=shop');
    for (const name of ['step-0000000004', checkpoint])
      rmSync(join(runs, 'damaged', 'checkpoints', name, 'weights.bin'), { force: true });
    const problemOf = async (run: string) => (await ask(`/api/model?run=${run}`)).error;
    expect(await problemOf('new')).toEqual({
      code: 'bad-model',
      message: expect.stringContaining('no trained model yet'),
    });
    expect(await problemOf('damaged')).toEqual({ code: 'bad-model', message: expect.stringContaining('weights.bin') });
    for (const run of ['new', 'damaged']) rmSync(join(runs, run), { recursive: true });
  });
});

describe('events', () => {
  /** Follows the studio until it has told enough. */
  const follow = async (query: string, told: (event: StudioEvent) => boolean): Promise<void> => {
    const controller = new AbortController();
    const response = await fetch(new URL(`/api/events${query}`, base.origin), {
      headers: bearer(),
      signal: controller.signal,
    });
    let text = '';
    try {
      for await (const part of response.body!) {
        text += new TextDecoder().decode(part);
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks)
          if (block.startsWith('data: ') && told(JSON.parse(block.slice('data: '.length)))) return;
      }
    } finally {
      controller.abort();
    }
  };

  it('tell of all runs at first, and follow a log that grows, is cut and grows again, until its run is gone', async () => {
    const run = writeRun(runs, 'live', configOf(), epochLine(1));
    const log = join(run, 'metrics.jsonl');
    const steps = [
      () => appendFileSync(log, epochLine(2)),
      () => truncateSync(log, epochLine(1).length),
      () => appendFileSync(log, epochLine(2, { seconds: 5 }) + epochLine(3)),
      () => rmSync(run, { recursive: true }),
    ];
    const logs: unknown[] = [];
    let first: StudioEvent | undefined;
    await follow('?follow=live&follow=none', (event) => {
      first ??= event;
      if (event.type === 'runs') return event.gone.includes('live');
      logs.push([event.again, event.epochs.map(({ epoch }) => epoch)]);
      steps.shift()?.();
      return false;
    });
    const names = [{ name: 'live' }, { name: 'shop' }];
    expect(first).toMatchObject({ type: 'runs', folder: runs, all: true, runs: names });
    expect(logs).toEqual([
      [true, [1]],
      [false, [2]],
      [true, [1]],
      [false, [2, 3]],
    ]);
  });

  it('tell of a new run, and of its status', async () => {
    const seen: string[] = [];
    await follow('', (event) => {
      if (event.type !== 'runs') return false;
      if (event.all) writeRun(runs, 'fresh');
      seen.push(...event.runs.map(({ name, status }) => `${name} ${status}`));
      return seen.includes('fresh stopped');
    });
    rmSync(join(runs, 'fresh'), { recursive: true });
    expect(seen).toContain('shop finished');
  });
});

describe('startStudio', () => {
  it.each([
    [{ port: 70_000 }, 'bad-option', 'port'],
    [{ itemTitle: 'name' }, 'bad-option', 'itemTitle needs items'],
    [{ items: join(root, 'none.csv') }, 'bad-option', 'none.csv: no such file'],
    [{ items, itemTitle: 'name' }, 'bad-option', 'the items have no column "name"; they have title, kind, year'],
  ])('refuses %j', async (options, code, message) => {
    await expect(startStudio({ runs, ...options })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('says that its port is taken', async () => {
    const port = Number(base.port);
    await expect(startStudio({ runs, port })).rejects.toMatchObject({
      code: 'cannot-listen',
      message: expect.stringContaining(`port ${port} cannot be listened on`),
    });
  });

  it('takes titles from the items that a run was trained with, and shows ids where it cannot read them', async () => {
    const own = await startStudio({ runs });
    const namesOf = async (info: object) => {
      const config = { ...configOf(), info };
      cpSync(join(runs, 'shop'), join(runs, 'copy'), { recursive: true });
      writeFileSync(join(runs, 'copy', 'config.json'), JSON.stringify(config));
      const { origin, searchParams } = new URL(own.url);
      const headers = { authorization: `Bearer ${searchParams.get('token')}` };
      const answer = (await (await fetch(`${origin}/api/model?run=copy`, { headers })).json()) as ModelAnswer;
      rmSync(join(runs, 'copy'), { recursive: true });
      await fetch(`${origin}/api/model?run=copy`, { headers }); // it has seen that it is gone
      return answer.names;
    };
    expect(await namesOf({ items: { path: '../../items.csv', options: { itemId: 'item' } } })).toBe(
      'Titles are those of items.csv.',
    );
    expect(await namesOf({ items: { path: 'https://example.org/items.csv', options: {} } })).toContain('no such file');
    expect(await namesOf({})).toBe('Items are shown by their ids. For titles, start the studio with --items FILE.');
    await own.close();
  });
});
