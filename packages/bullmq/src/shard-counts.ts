import { defaultQueue, type QueueOptions, withQueue } from './shard-queue.js';

/** Numbers of jobs by what becomes of them. */
export interface ShardCounts {
  /** Not started, or waiting for another attempt. */
  readonly waiting: number;
  readonly active: number;
  readonly completed: number;
  /** Given up after all attempts. */
  readonly failed: number;
}

/**
 * Counts the jobs of a queue.
 *
 * @throws {QueueError} `redis-unavailable`.
 * @example
 * await shardCounts('redis://localhost:6379'); // { waiting: 41, active: 3, completed: 16, failed: 0 }
 */
export const shardCounts = (url: string, { queue: name = defaultQueue }: QueueOptions = {}): Promise<ShardCounts> =>
  withQueue(url, name, async (queue) => {
    const { waiting, delayed, active, completed, failed } = await queue.getJobCounts();
    return { waiting: waiting + delayed, active, completed, failed };
  });
