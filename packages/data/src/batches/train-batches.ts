import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { NegativeSampler } from '../negatives/negative-sampler.js';
import { uniformNegatives } from '../negatives/uniform-negatives.js';
import { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { positionsOf } from './history-batch.js';
import type { SequenceBatch } from './sequence-batch.js';

export interface TrainBatchesOptions {
  /** Users a batch, >= 1. Default 128. */
  batchSize?: number;
  /** Histories are cut to so many of their newest items, >= 1. */
  maxLength: number;
  /** Negatives a token, or a sequence where they are shared, >= 0. Default 1. */
  numNegatives?: number;
  /** Whether all tokens of a sequence share its negatives. Default false. */
  sharedNegatives?: boolean;
  /** Names the order of users and the negatives. */
  seed: number;
  /** Number of the epoch, from 1: each has an order and negatives of its own. Default 1. */
  epoch?: number;
  /** `epoch`: every user once, shuffled. `with-replacement`: as many users, each drawn from all, as in the authors' code. Default `epoch`. */
  sampling?: 'epoch' | 'with-replacement';
  /** Start at this batch of the epoch, from 0; what comes is what a whole epoch would give from there on. Default 0. */
  firstBatch?: number;
  /** Draws the negatives. Default `uniformNegatives(train)`. */
  negativeSampler?: NegativeSampler;
}

const optionNames: readonly (keyof TrainBatchesOptions)[] = [
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
 * Returns the packed batches of one epoch. The input of a user is all of the train part but its newest item, cut to the newest
 * `maxLength`; the target of each token is the item after it. Users with fewer than 2 training interactions are passed over.
 *
 * @throws {DataError} on an option out of range, or when no user can be trained on.
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
  const batches = countTrainBatches(train, { batchSize });
  const negativeSampler = options.negativeSampler ?? uniformNegatives(train);
  const order = orderOfUsers(trainableUsers(train), sampling, new Rng(seed, epoch));
  for (let batch = firstBatch; batch < batches; batch++) {
    const users = order.subarray(batch * batchSize, (batch + 1) * batchSize);
    const rng = new Rng(seed, epoch, batch);
    yield packBatch(train, users, {
      maxLength,
      numNegatives,
      sharedNegatives,
      negativeSampler,
      rng,
    });
  }
}

/** Returns how many batches an epoch of `trainBatches` has. */
export const countTrainBatches = (train: UserSequences, options: { batchSize?: number } = {}): number => {
  assertKnownOptions('countTrainBatches', options, ['batchSize'], { ErrorClass: DataError });
  const { batchSize = 128 } = options;
  assertInteger('countTrainBatches', 'batchSize', batchSize, { minimum: 1, ErrorClass: DataError });
  return Math.ceil(trainableUsers(train).length / batchSize);
};

const trainableUsers = ({ offsets, ends }: UserSequences): Uint32Array => {
  const users = Uint32Array.from([...ends.keys()].filter((user) => ends[user] - offsets[user] >= 2));
  if (users.length === 0) {
    throw new DataError(
      'bad-data',
      `trainBatches: none of ${ends.length} users has 2 training interactions; leave-one-out needs users with 4 or more`,
    );
  }
  return users;
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
