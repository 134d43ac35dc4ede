import { createHash } from 'node:crypto';
import type { FileRecommendOptions, ShardRecord, ShardsOptions } from '@recsys/model/node';
import { Queue } from 'bullmq';
import { QueueError } from './errors.js';

export interface QueueOptions {
  /** Name of the queue in Redis. Default `recsys-shards`. */
  readonly queue?: string | undefined;
}

/** The options of `Shards.open` as a job has them: items as lists of ids, since a prepared filter belongs to one process. */
export interface ShardJobOptions extends Omit<ShardsOptions, 'recommend'> {
  readonly recommend?:
    | (Omit<FileRecommendOptions, 'candidates' | 'exclude'> & {
        readonly candidates?: readonly (string | number)[] | undefined;
        readonly exclude?: readonly (string | number)[] | undefined;
      })
    | undefined;
}

/** The data of a job: one shard, and how to recommend for it. */
export interface ShardJob {
  readonly options: ShardJobOptions;
  /** Number of the shard, and the name of its input. */
  readonly shard: number;
  readonly input: string;
}

/** What a job returns. */
export type ShardJobResult = Pick<ShardRecord, 'output' | 'rows' | 'sha256'> & { readonly wasDone: boolean };

export const defaultQueue = 'recsys-shards';

/** How often a queue tries to reach its server when it is opened: for about two seconds. */
const tries = 5;

/** Does something with a queue. @throws {QueueError} `redis-unavailable`. */
export const withQueue = async <Result>(
  url: string,
  name: string,
  use: (queue: Queue<ShardJob, ShardJobResult>) => Promise<Result>,
): Promise<Result> => {
  const retryStrategy = (times: number) => (times > tries ? null : 100 * times);
  const queue = new Queue<ShardJob, ShardJobResult>(name, {
    connection: { url, retryStrategy, maxRetriesPerRequest: 1 },
  });
  queue.on('error', () => undefined); // what is asked for says so itself
  try {
    await queue.waitUntilReady().catch((cause: Error) => {
      throw new QueueError('redis-unavailable', `${withoutPassword(url)}: does not answer: ${cause.message}`, {
        cause,
      });
    });
    return await use(queue);
  } finally {
    await queue.close().catch(() => undefined);
  }
};

const withoutPassword = (url: string): string => url.replace(/:\/\/[^@/]*@/, '://');

/** Returns the start of the names of the jobs of some options: the same jobs have the same names, so that they are not added twice. */
export const jobPrefixOf = (options: ShardJobOptions): string =>
  `${createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 16)}-`;
