import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFromProcess } from '../../../../benchmarks/support/load.js';
import { createServer } from '../index.js';
import { patient, saveModel, temporaryFolder } from '../test-support.js';
import { Admission } from './admission.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const built = (path: string) => pathToFileURL(join(import.meta.dirname, path)).href;

/** How long a batch takes, whatever the machine has to do. */
const batchMs = 40;
const maxBatch = 4;
const maxWait = 2000;

beforeAll(async () => {
  await saveModel(at('model'));
  writeFileSync(
    at('slow-thread.mjs'),
    `import { SASRec } from '${built('../../../sasrec/dist/index.js')}';
    import { serveThread } from '${built('../../dist/thread.js')}';
    const pause = new Int32Array(new SharedArrayBuffer(4));
    await serveThread(async (handler) => {
      const model = await SASRec.load(handler);
      const encodeNewest = model.encodeNewest.bind(model);
      model.encodeNewest = (batch) => {
        Atomics.wait(pause, 0, 0, ${batchMs});
        return encodeNewest(batch);
      };
      return model;
    });`,
  );
});

describe('three times what a service can answer', () => {
  const bodies = [JSON.stringify({ history: ['item-3', 'item-5'] })];
  let app: Awaited<ReturnType<typeof createServer>>;
  afterAll(() => app?.close());

  it('is answered as much as all of it, and the rest is refused early', async () => {
    app = await createServer({
      ...patient,
      model: at('model'),
      thread: pathToFileURL(at('slow-thread.mjs')),
      maxBatch,
      maxWait,
    });
    const address = await app.listen();
    const most = (1000 * maxBatch) / batchMs;
    await loadFromProcess(address, { bodies, connections: 40, duration: 2 });
    const full = await loadFromProcess(address, { bodies, connections: 16, duration: 3 });
    const before = process.memoryUsage().rss;
    const three = await loadFromProcess(address, { bodies, connections: 400, rate: 3 * most, duration: 4 });
    const grown = process.memoryUsage().rss - before;
    expect(full.refused).toBe(0);
    expect(three.answeredPerSecond).toBeGreaterThan(0.6 * full.answeredPerSecond);
    expect(three.p99Ms).toBeLessThan(1.25 * maxWait);
    expect(three.refused).toBeGreaterThan(three.answered / 2);
    expect(three.refusedP50Ms).toBeLessThan(three.p50Ms / 2);
    expect([three.otherStatuses, three.errors, three.notSent]).toEqual([0, 0, 0]);
    expect(grown).toBeLessThan(64 * 2 ** 20);
    const answer = await fetch(`${address}/v1/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bodies[0],
    });
    expect(answer.status).toBe(200);
  }, 120_000);
});

describe('Admission', () => {
  const start = (settings = {}) => {
    let end: (() => void)[] = [];
    const admission = new Admission({ maxQueue: 1000, maxWait: 200, together: () => 2, ...settings });
    const take = (requests = 1) =>
      void admission
        .take(requests, () => new Promise<void>((resolve, reject) => end.push(requests === 0 ? reject : resolve)))
        .catch(() => undefined);
    const answerOne = () => end.shift()!();
    const endAll = () => {
      for (const own of end) own();
      end = [];
    };
    return { admission, take, answerOne, endAll };
  };

  it('refuses beyond maxQueue', async () => {
    const { admission, take, endAll } = start({ maxQueue: 3 });
    for (let i = 0; i < 3; i++) {
      expect(admission.isFull()).toBe(false);
      take();
    }
    expect([admission.taken, admission.isFull()]).toEqual([3, true]);
    endAll();
    await sleep(0);
    expect([admission.taken, admission.isFull()]).toEqual([0, false]);
  });

  it('takes what is answered in half of maxWait', async () => {
    const { admission, take, answerOne } = start({ maxQueue: 50 });
    const limits: number[] = [];
    for (let i = 0; i < 300; i++) {
      while (!admission.isFull()) take();
      answerOne();
      await sleep(10);
      if (i >= 200) limits.push(admission.limit);
    }
    // At most one answer in 10 ms is at most ten in 100 ms; on a busy machine fewer. The limit goes up and down around it.
    const mean = limits.reduce((sum, limit) => sum + limit, 0) / limits.length;
    expect(mean).toBeLessThan(20);
    expect(mean).toBeGreaterThanOrEqual(6);
    while (!admission.isFull()) take();
  });

  it('takes more again when answers are fast', async () => {
    const { admission, take, endAll } = start();
    while (!admission.isFull()) take();
    await sleep(300); // longer than half of maxWait
    endAll();
    await sleep(0);
    const low = admission.limit;
    expect(low).toBeLessThan(1000);
    for (let i = 0; i < 80; i++) {
      while (!admission.isFull()) take();
      endAll();
      await sleep(10);
    }
    expect(admission.limit).toBeGreaterThan(low);
  });

  it('stays as it is while no request is too much', async () => {
    const { admission, take, answerOne } = start();
    for (let i = 0; i < 10; i++) {
      take();
      await sleep(40);
      answerOne();
    }
    expect(admission.limit).toBe(1000);
  });
});
