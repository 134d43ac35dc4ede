import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { type NegativeSampler, planOf, uniformNegatives } from '../negatives/index.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { BatchThread, canStartThreads } from './batch-thread.js';
import type { SequenceBatch } from './sequence-batch.js';
import { countTrainBatches, optionNames, type TrainBatchesOptions, trainBatches } from './train-batches.js';

/** Options of `trainBatchSource`: those of all epochs, as in `trainBatches`. */
export interface TrainBatchSourceOptions extends Omit<TrainBatchesOptions, 'epoch' | 'firstBatch'> {
  /**
   * Whether to make batches in a thread, ahead of their use; not in a browser, or with a negative sampler of your own. Default false: it takes
   * memory and a core, and brings nothing where the model uses all cores, or a batch is made in a moment.
   */
  thread?: boolean | undefined;
}

/** The batches of training, epoch by epoch. Close it when training ends: it may own a thread. */
export interface TrainBatchSource {
  /** Yields the batches of an epoch that `trainBatches` yields, from `firstBatch` (default 0). Use one epoch at a time. */
  epoch(epoch: number, firstBatch?: number): AsyncGenerator<SequenceBatch, void, undefined>;
  /** Ends the thread, if there is one. May be called twice. */
  close(): Promise<void>;
}

/**
 * Returns a source of the batches of `trainBatches`. With `thread`, a thread makes the next two while the model trains on one. The batches are
 * the same to the bit; where no thread can start, or it fails, they are made here.
 *
 * @throws {DataError} on an unknown option, or when no user has 2 training interactions; on one out of range when the first batch is made.
 * @example
 * const source = trainBatchSource(split.train, { maxLength: 50, seed: 1, numNegatives: 256, thread: true });
 * for await (const batch of source.epoch(1)) console.log(batch.size);
 * await source.close();
 */
export const trainBatchSource = (
  train: UserSequences,
  { thread, ...options }: TrainBatchSourceOptions,
): TrainBatchSource => {
  const known = optionNames.filter((name) => name !== 'epoch' && name !== 'firstBatch');
  assertKnownOptions('trainBatchSource', options, known, { ErrorClass: DataError });
  const { batchSize = 128, maxLength, windows = false } = options;
  const batches = countTrainBatches(train, { batchSize, maxLength, windows });
  const negativeSampler = options.negativeSampler ?? uniformNegatives(train);
  let worker = startThread(train, { ...options, thread, negativeSampler });
  const close = async (): Promise<void> => {
    const ending = worker;
    worker = undefined;
    await ending?.end();
  };
  return {
    close,
    async *epoch(epoch, firstBatch = 0) {
      let next = firstBatch;
      while (worker !== undefined && next < batches) {
        const made = await worker.take({ epoch, batch: next, batches });
        if (made === undefined) {
          await close();
          break;
        }
        next += 1;
        yield made;
      }
      if (next < batches) yield* trainBatches(train, { ...options, negativeSampler, epoch, firstBatch: next });
    },
  };
};

const startThread = (
  train: UserSequences,
  { thread, negativeSampler, ...options }: TrainBatchSourceOptions & { negativeSampler: NegativeSampler },
): BatchThread | undefined => {
  const plan = planOf(negativeSampler);
  if (!thread || plan === undefined || !canStartThreads()) return undefined;
  return new BatchThread({ train, options, plan });
};
