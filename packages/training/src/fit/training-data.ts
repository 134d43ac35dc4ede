import {
  countItems,
  countShardBatches,
  countTrainBatches,
  type SequenceShards,
  shardBatchSource,
  type TrainBatchSource,
  type TrainBatchSourceOptions,
  trainBatchSource,
  type UserSequences,
} from '@recsys/data';
import { TrainingError } from '../errors.js';
import type { Loss } from '../losses/index.js';
import type { RunConfig } from '../runs/index.js';

/** What `fit` trains on: a train part in memory, or shards of one. */
export interface TrainingData {
  /** Returns the number of batches of an epoch. */
  countBatches(options: Pick<TrainBatchSourceOptions, 'batchSize' | 'windows' | 'maxLength'>): number;
  source(options: TrainBatchSourceOptions): TrainBatchSource;
  itemCounts(): Uint32Array;
  /** Returns the loss for this data. */
  lossFor(loss: Loss): Loss;
  /** Returns what a run records of it. */
  describe(fingerprintOf: (train: UserSequences) => RunConfig['data']): RunConfig['data'];
}

export const trainingDataOf = (train: UserSequences, shards: SequenceShards | undefined): TrainingData =>
  shards === undefined ? inMemory(train) : inShards(shards);

const inMemory = (train: UserSequences): TrainingData => ({
  countBatches: (options) => countTrainBatches(train, options),
  source: (options) => trainBatchSource(train, options),
  itemCounts: () => countItems(train),
  lossFor: (loss) => loss.forTraining?.(train) ?? loss,
  describe: (fingerprintOf) => fingerprintOf(train),
});

const inShards = (shards: SequenceShards): TrainingData => ({
  countBatches: (options) => countShardBatches(shards, options),
  // A thread would need the shards too; reading them is little beside training.
  source: ({ thread: _, sampling, negativeSampler, ...options }) => {
    if (sampling === 'with-replacement')
      throw new TrainingError('bad-option', 'fit: with shards, sampling must be epoch, got with-replacement');
    if (negativeSampler !== undefined)
      throw new TrainingError('bad-option', 'fit: with shards, negatives are uniform; remove negativeSampler');
    return shardBatchSource(shards, options);
  },
  itemCounts: () => shards.itemCounts,
  lossFor: (loss) => {
    if (loss.forTraining === undefined && loss.negativeSampler === undefined) return loss;
    throw new TrainingError(
      'bad-option',
      `fit: the loss ${loss.name} draws from a whole train part, and cannot be used with shards`,
    );
  },
  describe: () => ({
    fingerprint: shards.fingerprint,
    users: shards.lengths.reduce((sum, { length }) => sum + length, 0),
    items: shards.catalog.ids.length,
    interactions: shards.itemCounts.reduce((sum, count) => sum + count, 0),
  }),
});
