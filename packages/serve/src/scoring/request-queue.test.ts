import { describe, expect, it } from 'vitest';
import type { Outcome, ScoreRequest } from '../thread/index.js';
import { RequestQueue } from './request-queue.js';
import { ThreadEnded } from './scoring-thread.js';
import type { ThreadGroup } from './thread-group.js';

const request = (item: number): ScoreRequest => ({ kind: 'similar', item, k: 1 });
const outcome = (item: number): Outcome => ({ items: [{ item, score: 1 }], unknownItems: 0, fallback: false });

/** A group of one thread, whose batches end when the test says so. */
const fakeGroup = (items = 100) => {
  const batches: { requests: readonly ScoreRequest[]; end: (error?: Error) => void }[] = [];
  let isIdle = true;
  const group = {
    info: { items, version: 'v1' },
    size: 1,
    onIdle: (): void => undefined,
    idle: () => (isIdle ? {} : undefined),
    run: (_thread: unknown, requests: readonly ScoreRequest[]) => {
      isIdle = false;
      return new Promise((resolve, reject) => {
        const end = (error?: Error) => {
          isIdle = true;
          if (error === undefined) resolve(requests.map((own) => outcome((own as { item: number }).item)));
          else reject(error);
          queueMicrotask(() => group.onIdle());
        };
        batches.push({ requests, end });
      });
    },
  };
  return { group: group as unknown as ThreadGroup, batches };
};

const settings = { maxQueue: 100, maxWait: 1000, maxBatch: 4, batchWait: 10, onBatch: () => undefined };
const settle = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms));
const sizes = ({ batches }: ReturnType<typeof fakeGroup>) => batches.map(({ requests }) => requests.length);

describe('RequestQueue', () => {
  it('scores together what waits, in the order in which it came', async () => {
    const queue = new RequestQueue(settings);
    const fake = fakeGroup();
    queue.use(fake.group);
    const answers = Array.from({ length: 7 }, (_, i) => queue.score([request(i)]));
    await settle();
    expect([sizes(fake), queue.length]).toEqual([[4], 3]);
    fake.batches[0].end();
    await settle();
    fake.batches[1].end();
    const items = (await Promise.all(answers)).flat().map((own) => own.outcome);
    expect(items).toEqual(Array.from({ length: 7 }, (_, i) => outcome(i)));
    expect(sizes(fake)).toEqual([4, 3]);
  });

  it('does not wait for a timer that is late', () => {
    const queue = new RequestQueue(settings);
    const fake = fakeGroup();
    queue.use(fake.group);
    void queue.score([request(1)]);
    const end = performance.now() + 2 * settings.batchWait;
    while (performance.now() < end); // as many requests at once would
    void queue.score([request(2)]);
    expect(sizes(fake)).toEqual([2]);
  });

  it('has smaller batches for a catalog of which the model scores fewer in one go', async () => {
    const queue = new RequestQueue({ ...settings, maxBatch: 64 });
    const fake = fakeGroup(1_000_000);
    queue.use(fake.group);
    void queue.score(Array.from({ length: 10 }, (_, i) => request(i))).catch(() => undefined);
    await settle();
    expect(sizes(fake)).toEqual([4]);
  });

  it('goes on after a batch that took long by chance', async () => {
    const queue = new RequestQueue({ ...settings, maxWait: 200 });
    const fake = fakeGroup();
    queue.use(fake.group);
    const first = queue.score([request(0)]);
    await settle(500);
    fake.batches[0].end();
    await first;
    const next = [1, 2, 3, 4].map((i) => queue.score([request(i)]));
    await expect(queue.score([5, 6, 7, 8].map(request))).rejects.toMatchObject({ code: 'overloaded', retryAfter: 1 });
    await settle();
    fake.batches[1].end();
    expect(await Promise.all(next)).toHaveLength(4);
  });

  it('refuses what has waited for too long, and what does not fit', async () => {
    const queue = new RequestQueue({ ...settings, maxQueue: 6, maxWait: 100 });
    const fake = fakeGroup();
    queue.use(fake.group);
    const first = queue.score([1, 2, 3, 4].map(request));
    await settle();
    const second = queue.score([request(5)]);
    await expect(queue.score([1, 2, 3, 4, 5, 6].map(request))).rejects.toMatchObject({ code: 'overloaded' });
    await expect(second).rejects.toMatchObject({ code: 'overloaded' });
    fake.batches[0].end();
    expect(await first).toHaveLength(4);
  });

  it('makes requests again whose thread ended, alone; and gives up on one that ends two', async () => {
    const queue = new RequestQueue(settings);
    const fake = fakeGroup();
    queue.use(fake.group);
    const answers = [0, 1, 2].map((i) => queue.score([request(i)]));
    const failed = expect(answers[0]).rejects.toMatchObject({ code: 'thread-lost' });
    await settle();
    fake.batches[0].end(new ThreadEnded());
    await settle();
    fake.batches[1].end(new ThreadEnded());
    for (const place of [2, 3]) {
      await settle();
      fake.batches[place].end();
    }
    await failed;
    expect((await Promise.all(answers.slice(1))).flat().map((own) => own.outcome)).toEqual([outcome(1), outcome(2)]);
    expect(sizes(fake)).toEqual([3, 1, 1, 1]);
  });

  it('answers before it closes', async () => {
    const queue = new RequestQueue(settings);
    const fake = fakeGroup();
    queue.use(fake.group);
    const answer = queue.score([request(1)]);
    const closed = queue.close();
    await expect(queue.score([request(2)])).rejects.toMatchObject({ code: 'not-ready' });
    await closed;
    fake.batches[0].end();
    expect(await answer).toHaveLength(1);
  });
});
