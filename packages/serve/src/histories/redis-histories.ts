import { assertInteger, assertKnownOptions } from '@recsys/errors';
import type { Id } from '@recsys/model';
import type { Redis } from 'ioredis';
import { ServeError } from '../errors.js';
import {
  asking,
  checkedMaxEvents,
  type History,
  type HistoryStore,
  loadClient,
  type UserEvent,
} from './history-store.js';

export interface RedisHistoriesOptions {
  /** Most events that are kept of a user, 1 .. 10,000. Default 200. */
  maxEvents?: number | undefined;
  /** Start of the keys. Default `recsys:`. */
  prefix?: string | undefined;
  /** Days after which a user of whom nothing was heard is forgotten, and the ids of events. Default 90. */
  days?: number | undefined;
}

/**
 * Appends an event at once: three keys of a user hold the events, sorted by time and then by the number of their arrival; that number; and the ids of
 * the events, with their times, of which the newest are kept.
 */
const appendScript = `
local events, count, ids = KEYS[1], KEYS[2], KEYS[3]
local item, time, id, keep, ttl = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
if id ~= '' then
  if redis.call('ZSCORE', ids, id) then return 0 end
  redis.call('ZADD', ids, redis.call('INCR', count), id)
  redis.call('ZREMRANGEBYRANK', ids, 0, -4 * keep - 1)
  redis.call('EXPIRE', ids, ttl)
end
redis.call('ZADD', events, time, string.format('%016d', redis.call('INCR', count)) .. item)
redis.call('ZREMRANGEBYRANK', events, 0, -keep - 1)
redis.call('EXPIRE', events, ttl)
redis.call('EXPIRE', count, ttl)
return 1`;

/** Digits of the number of an event before its item. */
const digits = 16;

/**
 * Resolves to a store of histories in Redis, which several processes share. Needs the package `ioredis`. How safe events are is up to the server:
 * with `appendonly yes` and `appendfsync always` none is lost when it ends.
 *
 * @param url such as `redis://localhost:6379/0`.
 * @throws {ServeError} `not-installed`, `bad-option`; `histories-unavailable` when the server does not answer.
 * @example
 * const histories = await redisHistories('redis://localhost:6379');
 * const app = await createServer({ model: 'runs/movies', histories });
 */
export const redisHistories = async (url: string, options: RedisHistoriesOptions = {}): Promise<HistoryStore> => {
  const where = 'redisHistories';
  assertKnownOptions(where, options, ['maxEvents', 'prefix', 'days'], { ErrorClass: ServeError });
  const maxEvents = checkedMaxEvents(where, options.maxEvents);
  const { prefix = 'recsys:', days = 90 } = options;
  assertInteger(where, 'days', days, { minimum: 1, ErrorClass: ServeError });
  const { Redis } = await loadClient('ioredis', () => import('ioredis'));
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    commandTimeout: 2000,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(1000, 50 * times),
  });
  client.on('error', () => undefined); // each request says so itself
  try {
    await asking('Redis', () => client.connect());
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return new RedisHistories(client, { maxEvents, prefix, seconds: 86_400 * days });
};

class RedisHistories implements HistoryStore {
  readonly #client: Redis;
  readonly #settings: { readonly maxEvents: number; readonly prefix: string; readonly seconds: number };

  constructor(client: Redis, settings: { maxEvents: number; prefix: string; seconds: number }) {
    this.#client = client;
    this.#settings = settings;
  }

  async append({ user, item, time, id = '' }: UserEvent): Promise<boolean> {
    const { maxEvents, seconds } = this.#settings;
    const keys = ['events', 'count', 'ids'].map((name) => this.#key(user, name));
    const given = [JSON.stringify(item), String(time), id, String(maxEvents), String(seconds)];
    return (await asking('Redis', () => this.#client.eval(appendScript, keys.length, ...keys, ...given))) === 1;
  }

  async historyOf(user: string): Promise<History> {
    const found = await asking('Redis', () => this.#client.zrange(this.#key(user, 'events'), '0', '-1', 'WITHSCORES'));
    const items: Id[] = [];
    const times: number[] = [];
    for (let i = 0; i < found.length; i += 2) {
      items.push(JSON.parse(found[i].slice(digits)));
      times.push(Number(found[i + 1]));
    }
    return { items, times };
  }

  async check(): Promise<void> {
    await asking('Redis', () => this.#client.ping());
  }

  async close(): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  /** Returns a key; the braces keep the keys of a user on one node of a cluster. */
  #key(user: string, name: string): string {
    return `${this.#settings.prefix}{${encodeURIComponent(user)}}:${name}`;
  }
}
