import { assertKnownOptions, RecsysError } from '@recsys/errors';
import type { SequentialModel } from '@recsys/model';
import { Shards, type ShardsManifest } from '@recsys/model/node';
import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import { QueueError } from './errors.js';
import { defaultQueue, type QueueOptions, type ShardJob, type ShardJobResult } from './shard-queue.js';

export interface WorkerOptions extends QueueOptions {
  /**
   * Seconds without a sign of a worker after which another one gets its job, >= 1. Default 30. The output is locked as well: see `leaseSeconds` of
   * `Shards.open`.
   */
  readonly lockSeconds?: number | undefined;
  /** Told of each shard that this worker has finished. */
  readonly onDone?: ((result: ShardJobResult) => void) | undefined;
  /** Told of each attempt that failed. */
  readonly onFailed?: ((input: string, error: Error) => void) | undefined;
  /** Told when all shards of a folder are done, after each shard that finds it so. */
  readonly onManifest?: ((manifest: ShardsManifest) => void) | undefined;
  /** Told of errors of the connection, which is made again. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** A worker that takes jobs until it is closed. */
export interface ShardWorker {
  /** Finishes the shard that it works on, and takes no more. */
  close(): Promise<void>;
}

/** How often a job may lose its worker: a shard that ends every process that takes it is given up. */
const maxStalledCount = 10;

/** Milliseconds until a shard is tried again that another process has marked as its own. */
const pauseMs = 1000;

/** Least milliseconds between two reports of progress. */
const reportMs = 1000;

/**
 * Starts a worker in this process: it takes one job after the other, recommends for its shard by `Shards#run`, and writes the manifest when it finds
 * all shards done. Start as many as there are machines, and cores to spare. A job whose worker is gone goes to another one; while Redis is away, the
 * worker waits for it.
 *
 * @param url of Redis.
 * @param model the same for all workers, on the same engine: outputs of another one are refused.
 * @throws {QueueError} `bad-option`.
 * @example
 * await selectBackend();
 * const worker = startWorker('redis://localhost:6379', await SASRec.load('runs/movies'));
 * process.once('SIGTERM', () => worker.close());
 */
export const startWorker = (url: string, model: SequentialModel, options: WorkerOptions = {}): ShardWorker => {
  const known = ['queue', 'lockSeconds', 'onDone', 'onFailed', 'onManifest', 'onError'];
  assertKnownOptions('startWorker', options, known, { ErrorClass: QueueError });
  const { queue = defaultQueue, lockSeconds = 30, onDone, onFailed, onManifest, onError } = options;
  if (!(lockSeconds >= 1))
    throw new QueueError('bad-option', `startWorker: lockSeconds must be >= 1, got ${lockSeconds}`);
  const opened = new Map<string, Promise<Shards>>();
  const shardsOf = ({ options }: ShardJob): Promise<Shards> => {
    const key = JSON.stringify(options);
    const shards = opened.get(key) ?? Shards.open(model, options);
    opened.set(key, shards);
    shards.catch(() => opened.delete(key));
    return shards;
  };
  const recommendFor = async (job: Job<ShardJob, ShardJobResult>): Promise<ShardJobResult> => {
    const { shard, input, options } = job.data;
    const shards = await shardsOf(job.data);
    if (shards.inputs[shard] !== input)
      throw new QueueError(
        'other-inputs',
        `${options.inputs}: shard ${shard} was ${input}, now ${shards.inputs[shard]}`,
      );
    let reported = performance.now();
    const onProgress = (rows: number) => {
      if (performance.now() - reported < reportMs) return;
      reported = performance.now();
      job.updateProgress({ rows }).catch(() => undefined);
    };
    const { record, wasDone } = await shards.run(shard, { onProgress });
    const manifest = await shards.finish();
    if (manifest !== undefined) onManifest?.(manifest);
    return { output: record.output, rows: record.rows, sha256: record.sha256, wasDone };
  };
  const worker = new Worker<ShardJob, ShardJobResult>(
    queue,
    async (job, token) => {
      try {
        return await recommendFor(job);
      } catch (error) {
        const code = RecsysError.isInstance(error) ? error.code : undefined;
        if (code === 'in-use' || code === 'lost-lock') {
          await job.moveToDelayed(Date.now() + pauseMs, token);
          throw new DelayedError();
        }
        if (code === undefined || code === 'cannot-write') throw error;
        throw new UnrecoverableError((error as Error).message);
      }
    },
    {
      connection: { url, maxRetriesPerRequest: null },
      concurrency: 1, // scoring keeps the thread busy, and its kernels have threads of their own
      lockDuration: 1000 * lockSeconds,
      stalledInterval: 500 * lockSeconds,
      maxStalledCount,
    },
  );
  worker.on('error', (error) => onError?.(error));
  worker.on('completed', (_, result) => onDone?.(result));
  worker.on('failed', (job, error) => onFailed?.(job?.data.input ?? '', error));
  return { close: () => worker.close() };
};
