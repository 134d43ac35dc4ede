// Packed batches of sequences, for training and for inference.
// Imports sequences and negatives.
export { historyBatch } from './history-batch.js';
export { partOfBatch } from './part-of-batch.js';
export type { SequenceBatch } from './sequence-batch.js';
export {
  countShardBatches,
  type SequenceShards,
  type ShardBatchSourceOptions,
  shardBatchSource,
} from './shard-batches.js';
export { type TrainBatchSource, type TrainBatchSourceOptions, trainBatchSource } from './train-batch-source.js';
export { countTrainBatches, type TrainBatchesOptions, trainBatches } from './train-batches.js';
