import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { NegativeSampler } from '../negatives/negative-sampler.js';
import { uniformNegatives } from '../negatives/uniform-negatives.js';
import { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { packBatch } from './pack-batch.js';
import type { SequenceBatch } from './sequence-batch.js';
import { chosen, windowsOf } from './windows.js';

/** Options of `trainBatches`. */
export interface TrainBatchesOptions {
  /** Number of users per batch, >= 1. Default 128. */
  batchSize?: number;
  /** Number of newest items to keep per history, >= 1. */
  maxLength: number;
  /** Number of negatives per token, or per sequence with `sharedNegatives`, >= 0. Default 1. */
  numNegatives?: number;
  /** Whether all tokens of a sequence share the same negatives. Default false. */
  sharedNegatives?: boolean;
  /** Seed of the order of users and of the negatives. */
  seed: number;
  /** Number of the epoch, from 1. Each epoch has its own order and its own negatives. Default 1. */
  epoch?: number;
  /**
   * `epoch` (the default) visits every user once, in random order. `with-replacement` draws the same number of users, each from all users, as
   * the code of the SASRec authors does.
   */
  sampling?: 'epoch' | 'with-replacement';
  /**
   * Whether a history longer than `maxLength` is cut into windows, from its newest item back, each with at most `maxLength` targets: then every
   * interaction but the first of a user is a target once per epoch. Else only the newest `maxLength` are. A window counts as a user in a batch.
   * Default false, as in the paper.
   */
  windows?: boolean;
  /** Index of the first batch to yield, from 0: to resume an epoch with the same batches that a whole one has from there on. Default 0. */
  firstBatch?: number;
  /** Whether batches have the times of their tokens, where the data has times. Default true. */
  times?: boolean;
  /** Draws the negatives. Default `uniformNegatives(train)`. */
  negativeSampler?: NegativeSampler;
}

/** Names of the options, for errors. */
export const optionNames: readonly (keyof TrainBatchesOptions)[] = [
  'batchSize',
  'maxLength',
  'numNegatives',
  'sharedNegatives',
  'seed',
  'epoch',
  'sampling',
  'windows',
  'firstBatch',
  'times',
  'negativeSampler',
];

/**
 * Yields the packed batches of one epoch. The input of a user is the train part without its newest item, cut to the newest `maxLength`
 * items; the target of each token is the item after it. With `windows`, older items follow in windows of their own. Users with fewer than 2
 * training interactions are skipped.
 *
 * @throws {DataError} on an unknown option or one out of range, or when no user has 2 training interactions.
 * @example
 * for (const batch of trainBatches(split.train, { maxLength: 50, seed: 1 })) {
 *   console.log(batch.size, batch.items.length); // 128 sequences and the number of their tokens
 * }
 */
export function* trainBatches(
  train: UserSequences,
  options: TrainBatchesOptions,
): Generator<SequenceBatch, void, undefined> {
  assertKnownOptions('trainBatches', options, optionNames, { ErrorClass: DataError });
  const { batchSize = 128, maxLength, numNegatives = 1, sharedNegatives = false, times = true } = options;
  const { seed, epoch = 1, sampling = 'epoch', windows = false, firstBatch = 0 } = options;
  assertInteger('trainBatches', 'batchSize', batchSize, { minimum: 1, ErrorClass: DataError });
  assertInteger('trainBatches', 'maxLength', maxLength, { minimum: 1, ErrorClass: DataError });
  assertInteger('trainBatches', 'numNegatives', numNegatives, { minimum: 0, ErrorClass: DataError });
  assertInteger('trainBatches', 'firstBatch', firstBatch, { minimum: 0, ErrorClass: DataError });
  const all = windowsOf(train, windows ? maxLength : undefined);
  const batches = Math.ceil(all.users.length / batchSize);
  const negativeSampler = options.negativeSampler ?? uniformNegatives(train);
  const order = orderOf(all.users.length, sampling, new Rng(seed, epoch));
  for (let batch = firstBatch; batch < batches; batch++) {
    const ofBatch = order.subarray(batch * batchSize, (batch + 1) * batchSize);
    const rng = new Rng(seed, epoch, batch);
    yield packBatch(train, chosen(all, ofBatch), {
      maxLength,
      numNegatives,
      sharedNegatives,
      times,
      negativeSampler,
      rng,
    });
  }
}

/**
 * Returns the number of batches in an epoch of `trainBatches`.
 *
 * @param options.batchSize number of users per batch, >= 1. Default 128.
 * @param options.maxLength with `windows`: number of targets in a window, >= 1.
 * @param options.windows as in `trainBatches`. Default false.
 * @throws {DataError} on an option out of range, or when no user has 2 training interactions.
 * @example
 * countTrainBatches(split.train, { batchSize: 64 }); // 95 for the 6,040 users of MovieLens 1M
 */
export const countTrainBatches = (
  train: UserSequences,
  options: Partial<Pick<TrainBatchesOptions, 'batchSize' | 'maxLength' | 'windows'>> = {},
): number => {
  assertKnownOptions('countTrainBatches', options, ['batchSize', 'maxLength', 'windows'], { ErrorClass: DataError });
  const { batchSize = 128, maxLength, windows = false } = options;
  assertInteger('countTrainBatches', 'batchSize', batchSize, { minimum: 1, ErrorClass: DataError });
  if (windows) assertInteger('countTrainBatches', 'maxLength', maxLength ?? 0, { minimum: 1, ErrorClass: DataError });
  return Math.ceil(windowsOf(train, windows ? maxLength : undefined).users.length / batchSize);
};

const orderOf = (count: number, sampling: 'epoch' | 'with-replacement', rng: Rng): Uint32Array => {
  const indices = Uint32Array.from({ length: count }, (_, i) => i);
  if (sampling === 'with-replacement') return indices.map(() => rng.below(count));
  if (sampling === 'epoch') return rng.shuffle(indices);
  throw new DataError(
    'bad-option',
    `trainBatches: sampling must be epoch or with-replacement, got ${String(sampling)}`,
  );
};
