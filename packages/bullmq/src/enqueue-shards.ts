import { resolve } from 'node:path';
import { assertInteger } from '@recsys/errors';
import { shardInputs } from '@recsys/model/node';
import { QueueError } from './errors.js';
import { defaultQueue, jobPrefixOf, type QueueOptions, type ShardJobOptions, withQueue } from './shard-queue.js';

export interface EnqueueOptions extends QueueOptions, ShardJobOptions {
  /** How often a shard that fails is tried, with a pause that doubles from one second on. Default 5. */
  readonly attempts?: number | undefined;
}

export interface EnqueuedShards {
  /** Number of shards of the folder. */
  readonly shards: number;
  /** Number of jobs that were added; the others were there and are not done yet. */
  readonly added: number;
}

/**
 * Adds a job for each file of histories in a folder. Call it again to add those that failed once more: a job that waits or is worked on is left
 * alone, and a shard that is done is not done twice.
 *
 * @param url of Redis, such as `redis://localhost:6379`. It should keep what it is told: `appendonly yes`, `maxmemory-policy noeviction`.
 * @param options those of `Shards.open`; all workers must find the folders under the same paths.
 * @throws {QueueError} `bad-option`, `redis-unavailable`.
 * @throws {ShardError} `bad-inputs`.
 * @example
 * await enqueueShards('redis://localhost:6379', { inputs: '/shared/histories', outputs: '/shared/lists', recommend: { k: 10 } });
 */
export const enqueueShards = async (
  url: string,
  { queue: name = defaultQueue, attempts = 5, ...given }: EnqueueOptions,
): Promise<EnqueuedShards> => {
  assertInteger('enqueueShards', 'attempts', attempts, { minimum: 1, ErrorClass: QueueError });
  const options = { ...given, inputs: resolve(given.inputs), outputs: resolve(given.outputs) };
  const inputs = await shardInputs(options);
  const prefix = jobPrefixOf(options);
  return withQueue(url, name, async (queue) => {
    const ended = await queue.getJobs(['completed', 'failed']);
    for (const job of ended) if (job?.id?.startsWith(prefix)) await job.remove();
    const there = new Set((await queue.getJobs(['waiting', 'delayed', 'active'])).map((job) => job?.id));
    await queue.addBulk(
      inputs.map((input, shard) => ({
        name: input,
        data: { options, shard, input },
        opts: { jobId: `${prefix}${shard}`, attempts, backoff: { type: 'exponential', delay: 1000 } },
      })),
    );
    const added = inputs.filter((_, shard) => !there.has(`${prefix}${shard}`)).length;
    return { shards: inputs.length, added };
  });
};
