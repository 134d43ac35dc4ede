// Shards as jobs of BullMQ: one process adds them, and workers on any number of machines recommend for them.
export { type EnqueuedShards, type EnqueueOptions, enqueueShards } from './enqueue-shards.js';
export { QueueError, type QueueErrorCode } from './errors.js';
export { type ShardCounts, shardCounts } from './shard-counts.js';
export type { QueueOptions, ShardJob, ShardJobOptions, ShardJobResult } from './shard-queue.js';
export { type ShardWorker, startWorker, type WorkerOptions } from './start-worker.js';
