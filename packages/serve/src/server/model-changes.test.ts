import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelArtifacts } from '@recsys/model';
import { ModelsDirectory } from '@recsys/model/node';
import * as tf from '@tensorflow/tfjs-core';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createServer } from '../index.js';
import { itemNames, patient, saveModel, temporaryFolder } from '../test-support.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
let app: FastifyInstance;
let address: string;
const refused: string[] = [];

beforeAll(async () => {
  await saveModel(at('first'), { seed: 1 });
  await saveModel(at('second'), { seed: 2 });
  await saveModel(at('other-shop'), { ids: Array.from({ length: 40 }, (_, i) => `sku-${i}`) });
  app = await createServer({
    ...patient,
    model: at('first'),
    adminToken: 'root',
    onRefused: ({ problem }) => refused.push(problem),
  });
  address = await app.listen();
});
afterAll(() => app?.close());

const change = async (payload: object, authorization = 'Bearer root') => {
  const answer = await app.inject({ method: 'POST', url: '/v1/model', payload, headers: { authorization } });
  return { status: answer.statusCode, body: answer.json() };
};
const recommend = async () => {
  const answer = await fetch(`${address}/v1/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ history: ['item-3'], k: 5 }),
  });
  const body = (await answer.json()) as { modelVersion: string; items: { item: string }[] };
  // The last bit of a score may depend on how many histories are scored together.
  const items = body.items?.map(({ item }) => item).join();
  return { status: answer.status, version: body.modelVersion?.split('-')[0], items };
};

/** Makes a copy of a model with one bit of its weights turned. */
const damaged = (name: string, of = 'second'): string => {
  cpSync(at(of), at(name), { recursive: true });
  const file = join(at(name), 'weights.bin');
  const bytes = readFileSync(file);
  bytes[40] ^= 1;
  writeFileSync(file, bytes);
  return name;
};

/** Models are loaded again and again, which takes its time on a busy machine. */
const longer = 240_000;

describe('POST /v1/model', { timeout: longer }, () => {
  it('needs its token', async () => {
    expect((await change({}, 'Bearer toor')).status).toBe(401);
    expect((await change({}, 'Basic root')).status).toBe(401);
  });

  it('swaps models under load and goes back, without an error or an answer of mixed models', async () => {
    let isDone = false;
    const answers: Awaited<ReturnType<typeof recommend>>[] = [];
    const load = Array.from({ length: 8 }, async () => {
      while (!isDone) answers.push(await recommend());
    });
    const changed = await change({ path: 'second' });
    expect(changed.status).toBe(200);
    expect(changed.body.version).toMatch(/^second-/);
    expect(changed.body.previousVersion).toMatch(/^first-/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const back = await change({ rollback: true });
    expect(back.body.version).toMatch(/^first-/);
    isDone = true;
    await Promise.all(load);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['first', 'second']));
    for (const version of ['first', 'second'])
      expect(new Set(answers.filter((own) => own.version === version).map(({ items }) => items)).size).toBe(1);
    expect(new Set(answers.map(({ items }) => items)).size).toBe(2);
  });

  it('goes back to a model whose files are gone', async () => {
    cpSync(at('first'), at('third'), { recursive: true });
    await change({ path: 'third' });
    rmSync(at('third'), { recursive: true });
    await change({ path: 'second' });
    expect((await change({ rollback: true })).body.version).toMatch(/^third-/);
    await change({ path: 'first' });
  });

  it.each([
    ['damaged', () => damaged('damaged'), 422, /weights\.bin/],
    ['of another shop', () => 'other-shop', 422, /it knows 0 of the 40 items/],
    ['not there', () => 'nothing', 422, /is no run/],
    ['outside of the folder', () => '../secret', 403, /must be in the folder/],
    ['an absolute path elsewhere', () => '/etc', 403, /must be in the folder/],
  ])('refuses a model that is %s, and the old one goes on', async (_, make, status, message) => {
    const before = await recommend();
    const { status: got, body } = await change({ path: make() });
    expect([got, body.error.message]).toEqual([status, expect.stringMatching(message)]);
    expect(await recommend()).toEqual(before);
  });

  it('tells the application of what was refused', () => {
    expect(refused.length).toBe(3);
  });

  it('refuses a model that is not the one that is known', async () => {
    const answer = (expected: string) => [{ history: ['item-3'], expect: [expected], k: 3 }];
    const list = (await recommend()).items.split(',');
    const start = (expected: string) =>
      createServer({ ...patient, model: at('first'), knownAnswers: answer(expected) });
    await expect(start(list[4])).rejects.toThrow(`known answer 1: the list has no "${list[4]}"`);
    await (await start(list[0])).close();
  });

  it('refuses weights that are not numbers', async () => {
    const model = await saveModel(at('flat'), { seed: 3 });
    for (const { variable } of model.trainableWeights()) variable.assign(tf.zerosLike(variable));
    await model.save(at('zeros'));
    expect((await change({ path: 'zeros' })).body.error.message).toMatch(/gives every item the same score/);
    for (const { variable } of model.trainableWeights()) variable.assign(tf.fill(variable.shape, Number.NaN));
    await model.save(at('nan'));
    expect((await change({ path: 'nan' })).body.error.code).toBe('bad-model');
  });
});

describe('the watch', { timeout: longer }, () => {
  it('takes up a model that is replaced, and keeps the old one when the new one is damaged', async () => {
    const path = at('watched');
    const versions: string[] = [];
    const problems: string[] = [];
    cpSync(at('first'), path, { recursive: true });
    const watching = await createServer({
      ...patient,
      model: path,
      watch: 0.05,
      onModel: ({ version }) => versions.push(version),
      onRefused: ({ problem }) => problems.push(problem),
    });
    const replaceBy = (name: string) => {
      cpSync(at(name), at('next'), { recursive: true });
      renameSync(path, at('old'));
      renameSync(at('next'), path);
      rmSync(at('old'), { recursive: true });
    };
    await new Promise((resolve) => setTimeout(resolve, 200));
    replaceBy('second');
    await vi.waitUntil(() => versions.length === 2, { timeout: 100_000 });
    await saveModel(at('fourth'), { seed: 4 });
    replaceBy(damaged('damaged-too', 'fourth'));
    await vi.waitUntil(() => problems.length > 0 || versions.length > 2, { timeout: 100_000 });
    const answer = await watching.inject({ method: 'POST', url: '/v1/recommend', payload: { history: ['item-3'] } });
    expect([answer.statusCode, answer.json().modelVersion]).toEqual([200, versions[1]]);
    expect(itemNames(40)).toContain(answer.json().items[0].item);
    await watching.close();
    expect(versions.length).toBe(2);
  });

  it('follows a folder of models from version to version, and back', async () => {
    const models = await ModelsDirectory.open(at('models'));
    const publish = async (seed: number) => {
      const model = await saveModel(at(`of-night-${seed}`), { seed });
      await models.publish(await modelArtifacts(model));
    };
    await publish(11);
    const versions: string[] = [];
    const watching = await createServer({
      ...patient,
      model: at('models'),
      watch: 0.05,
      onModel: ({ version }) => versions.push(version.replace(/-[0-9a-f]{8}$/, '')),
    });
    const ask = async () => {
      const payload = { history: ['item-3'] };
      const answer = await watching.inject({ method: 'POST', url: '/v1/recommend', payload });
      return [answer.statusCode, answer.json().modelVersion?.slice(0, 'version-000001'.length)];
    };
    expect(await ask()).toEqual([200, 'version-000001']);
    await publish(12);
    await vi.waitUntil(() => versions.length === 2, { timeout: 100_000 });
    await models.rollBack();
    await vi.waitUntil(() => versions.length === 3, { timeout: 100_000 });
    expect(versions).toEqual(['version-000001', 'version-000002', 'version-000001']);
    expect(await ask()).toEqual([200, 'version-000001']);
    await models.release();
    await watching.close();
  });
});
