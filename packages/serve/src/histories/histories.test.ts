import { describe, expect, it } from 'vitest';
import { noPostgres, startPostgres } from '../../../../test/support/programs/postgres.js';
import { noRedis, startRedis } from '../../../../test/support/programs/redis.js';
import { type HistoryStore, memoryHistories, postgresHistories, redisHistories } from '../index.js';

/** What every store must do; `open` opens the same data with room for three events of a user. */
const describeStore = (open: () => Promise<HistoryStore>): void => {
  it('keeps the newest events in the order of their times, and of those of one time that of their arrival', async () => {
    const store = await open();
    const user = 'an}n {é';
    expect(await store.historyOf(user)).toEqual({ items: [], times: [] });
    for (const [item, time] of [
      ['a', 2],
      [7, 1],
      ['c', 3],
      ['d', 3],
      ['b"\n', 2.5],
    ] as const)
      expect(await store.append({ user, item, time })).toBe(true);
    expect(await store.historyOf(user)).toEqual({ items: ['b"\n', 'c', 'd'], times: [2.5, 3, 3] });
    expect(await store.historyOf('bob')).toEqual({ items: [], times: [] });
    await store.check();
    await store.close();
  });

  it('records an event with an id once, for each user', async () => {
    const store = await open();
    const event = { user: 'cat', item: 'a', time: 1, id: 'e1' };
    const all = await Promise.all(Array.from({ length: 10 }, () => store.append(event)));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await store.append({ ...event, user: 'dan' })).toBe(true);
    expect((await store.historyOf('cat')).items).toEqual(['a']);
    await store.close();
  });
};

describe('in memory', () => {
  describeStore(async () => memoryHistories({ maxEvents: 3 }));

  it('forgets those of whom nothing was heard for longest', async () => {
    const store = memoryHistories({ maxUsers: 2 });
    for (const user of ['ann', 'bob']) await store.append({ user, item: 'a', time: 1 });
    await store.historyOf('ann');
    await store.append({ user: 'cat', item: 'a', time: 1 });
    expect((await store.historyOf('ann')).items).toEqual(['a']);
    expect((await store.historyOf('bob')).items).toEqual([]);
  });

  it('refuses bad options', () => {
    expect(() => memoryHistories({ maxEvents: 0 })).toThrow('memoryHistories: maxEvents must be an integer from 1');
    expect(() => memoryHistories({ size: 1 } as object)).toThrow('memoryHistories: unknown option size');
  });
});

describe.skipIf(noRedis !== undefined)(`in Redis${noRedis === undefined ? '' : `: ${noRedis}`}`, () => {
  const server = noRedis === undefined ? startRedis() : undefined;
  let count = 0;

  describe('', () => {
    describeStore(async () => redisHistories((await server!).url, { maxEvents: 3, prefix: `test${count++}:` }));
  });

  it('keeps what was recorded over a kill of the server, and says when it is away', async () => {
    const { url, kill, restart, stop } = await server!;
    const store = await redisHistories(url);
    for (let i = 0; i < 20; i++) await store.append({ user: 'ann', item: i, time: i });
    await kill();
    await expect(store.append({ user: 'ann', item: 'x', time: 99, id: 'e' })).rejects.toMatchObject({
      code: 'histories-unavailable',
    });
    await expect(store.check()).rejects.toThrow('Redis does not answer');
    await restart();
    for (let i = 0; ; i++) {
      const isBack = await store.check().then(
        () => true,
        () => false,
      );
      if (isBack || i === 100) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await store.historyOf('ann')).items).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await store.append({ user: 'ann', item: 'x', time: 99, id: 'e' })).toBe(true);
    await store.close();
    await stop();
    await expect(redisHistories(url)).rejects.toThrow('Redis does not answer');
  });
});

describe.skipIf(noPostgres !== undefined)(`in PostgreSQL${noPostgres === undefined ? '' : `: ${noPostgres}`}`, () => {
  const server = noPostgres === undefined ? startPostgres() : undefined;
  let count = 0;

  describe('', () => {
    describeStore(async () => postgresHistories((await server!).url, { maxEvents: 3, table: `test_${count++}` }));
  });

  it('lets several processes make its table at once, and says when the server is away', async () => {
    const { url, stop, psql } = await server!;
    const stores = await Promise.all(Array.from({ length: 4 }, () => postgresHistories(url)));
    await Promise.all(stores.map((store, i) => store.append({ user: 'ann', item: i, time: i })));
    expect((await stores[0].historyOf('ann')).items).toEqual([0, 1, 2, 3]);
    expect(psql("select count(*) from recsys_events where user_id = 'ann'")).toBe('4');
    await stop();
    await expect(stores[0].check()).rejects.toMatchObject({ code: 'histories-unavailable' });
    await Promise.all(stores.map((store) => store.close()));
    await expect(postgresHistories(url)).rejects.toThrow('PostgreSQL does not answer');
  });

  it('refuses a name that is no table', async () => {
    await expect(postgresHistories('postgres://x', { table: 'a; drop' })).rejects.toThrow('table must have letters');
  });
});
