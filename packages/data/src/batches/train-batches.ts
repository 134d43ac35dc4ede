import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { NegativeSampler } from '../negatives/negative-sampler.js';
import { uniformNegatives } from '../negatives/uniform-negatives.js';
import { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { positionsOf } from './history-batch.js';
import type { SequenceBatch } from './sequence-batch.js';

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
  /** Index of the first batch to yield, from 0: to resume an epoch with the same batches that a whole one has from there on. Default 0. */
  firstBatch?: number;
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
  'firstBatch',
  'negativeSampler',
];

/**
 * Yields the packed batches of one epoch. The input of a user is the train part without its newest item, cut to the newest `maxLength`
 * items; the target of each token is the item after it. Users with fewer than 2 training interactions are skipped.
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
  const { batchSize = 128, maxLength, numNegatives = 1, sharedNegatives = false } = options;
  const { seed, epoch = 1, sampling = 'epoch', firstBatch = 0 } = options;
  assertInteger('trainBatches', 'batchSize', batchSize, { minimum: 1, ErrorClass: DataError });
  assertInteger('trainBatches', 'maxLength', maxLength, { minimum: 1, ErrorClass: DataError });
  assertInteger('trainBatches', 'numNegatives', numNegatives, { minimum: 0, ErrorClass: DataError });
  assertInteger('trainBatches', 'firstBatch', firstBatch, { minimum: 0, ErrorClass: DataError });
  const users = trainableUsers(train);
  const batches = Math.ceil(users.length / batchSize);
  const negativeSampler = options.negativeSampler ?? uniformNegatives(train);
  const order = orderOfUsers(users, sampling, new Rng(seed, epoch));
  for (let batch = firstBatch; batch < batches; batch++) {
    const ofBatch = order.subarray(batch * batchSize, (batch + 1) * batchSize);
    const rng = new Rng(seed, epoch, batch);
    yield packBatch(train, ofBatch, {
      maxLength,
      numNegatives,
      sharedNegatives,
      negativeSampler,
      rng,
    });
  }
}

/**
 * Returns the number of batches in an epoch of `trainBatches`.
 *
 * @param options.batchSize number of users per batch, >= 1. Default 128.
 * @throws {DataError} on an option out of range, or when no user has 2 training interactions.
 * @example
 * countTrainBatches(split.train, { batchSize: 64 }); // 95 for the 6,040 users of MovieLens 1M
 */
export const countTrainBatches = (train: UserSequences, options: { batchSize?: number } = {}): number => {
  assertKnownOptions('countTrainBatches', options, ['batchSize'], { ErrorClass: DataError });
  const { batchSize = 128 } = options;
  assertInteger('countTrainBatches', 'batchSize', batchSize, { minimum: 1, ErrorClass: DataError });
  return Math.ceil(trainableUsers(train).length / batchSize);
};

const trainableUsers = ({ offsets, ends }: UserSequences): Uint32Array => {
  const users = new Uint32Array(ends.length);
  let count = 0;
  for (let user = 0; user < ends.length; user++) if (ends[user] - offsets[user] >= 2) users[count++] = user;
  if (count === 0) {
    throw new DataError(
      'bad-data',
      `trainBatches: none of ${ends.length} users has 2 training interactions; leave-one-out needs users with 4 or more`,
    );
  }
  return users.subarray(0, count);
};

const orderOfUsers = (users: Uint32Array, sampling: 'epoch' | 'with-replacement', rng: Rng): Uint32Array => {
  if (sampling === 'with-replacement') return users.map(() => users[rng.below(users.length)]);
  if (sampling === 'epoch') return rng.shuffle(users);
  throw new DataError(
    'bad-option',
    `trainBatches: sampling must be epoch or with-replacement, got ${String(sampling)}`,
  );
};

interface Packing {
  readonly maxLength: number;
  readonly numNegatives: number;
  readonly sharedNegatives: boolean;
  readonly negativeSampler: NegativeSampler;
  readonly rng: Rng;
}

/** Negatives per batch: 1 GiB as int32. */
const largestNegatives = 2 ** 28;

const packBatch = (
  { offsets: starts, ends, items: all }: UserSequences,
  users: Uint32Array,
  { maxLength, numNegatives, sharedNegatives, negativeSampler, rng }: Packing,
): SequenceBatch => {
  const offsets = new Int32Array(users.length + 1);
  users.forEach((user, b) => {
    offsets[b + 1] = offsets[b] + Math.min(ends[user] - starts[user] - 1, maxLength);
  });
  const tokens = offsets[users.length];
  const rowsOfNegatives = sharedNegatives ? users.length : tokens;
  if (rowsOfNegatives * numNegatives > largestNegatives)
    throw new DataError(
      'bad-option',
      `trainBatches: ${numNegatives} negatives for each of ${rowsOfNegatives} ${sharedNegatives ? 'sequences' : 'tokens'} are more than a batch can hold, 2^28; use fewer negatives or a smaller batchSize`,
    );
  const [items, targets, negatives] = [tokens, tokens, rowsOfNegatives * numNegatives].map(
    (length) => new Int32Array(length),
  ) as [Int32Array, Int32Array, Int32Array];
  users.forEach((user, b) => {
    const [at, end] = [offsets[b], ends[user]];
    const length = offsets[b + 1] - at;
    items.set(all.subarray(end - 1 - length, end - 1), at);
    targets.set(all.subarray(end - length, end), at);
  });
  negativeSampler.startBatch?.(targets);
  users.forEach((user, b) => {
    const [at, end] = [offsets[b], offsets[b + 1]];
    const [firstRow, endRow] = sharedNegatives ? [b, b + 1] : [at, end];
    negativeSampler.sample({
      user,
      into: negatives.subarray(firstRow * numNegatives, endRow * numNegatives),
      rng,
      targets: sharedNegatives ? undefined : targets.subarray(at, end),
    });
  });
  return {
    size: users.length,
    offsets,
    items,
    positions: positionsOf(offsets, maxLength),
    targets,
    negatives,
    numNegatives,
  };
};
