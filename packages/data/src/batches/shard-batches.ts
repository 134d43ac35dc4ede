import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { uniformNegatives } from '../negatives/uniform-negatives.js';
import { Rng } from '../rng.js';
import { joinSequences, takeUsers } from '../sequences/join-sequences.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { IdMap } from '../table/id-map.js';
import { packBatch } from './pack-batch.js';
import type { TrainBatchSource } from './train-batch-source.js';
import { optionNames, type TrainBatchesOptions } from './train-batches.js';
import { chosen, countWindows, noWindows, type Windows, windowsOf } from './windows.js';

/** A train part in shards of disjoint users, which are read when they are needed: it need not fit in memory. */
export interface SequenceShards {
  /** Ids of the items of all shards. */
  readonly catalog: IdMap;
  /** For each shard, the number of training interactions of each of its users. */
  readonly lengths: readonly Uint32Array[];
  /** How often each item occurs in the train part, uint32 `[numItems + 1]`, as `countItems` has it. */
  readonly itemCounts: Uint32Array;
  /** Shards that are in memory at once, and shuffled together, >= 1. */
  readonly shardsAtOnce: number;
  /** Names the content: the same for the same train part and `shardsAtOnce`. */
  readonly fingerprint: string;
  /** Reads the train part of a shard, with the whole catalog. */
  read(shard: number): Promise<UserSequences>;
}

/** Options of `shardBatchSource`: those of `trainBatches` that hold for all epochs. Negatives are uniform. */
export type ShardBatchSourceOptions = Omit<
  TrainBatchesOptions,
  'epoch' | 'firstBatch' | 'sampling' | 'negativeSampler'
>;

const knownOptions = optionNames.filter(
  (name) => !['epoch', 'firstBatch', 'sampling', 'negativeSampler'].includes(name),
);

/**
 * Returns a source of the batches of shards. An epoch visits every user once. The shards are shuffled; then those that are in memory at once are
 * shuffled together. What does not fill a batch waits for the next shards, so that there are as many batches as without shards, and every epoch has the
 * same number. To start at a later batch, only the shards from there on are read.
 *
 * @throws {DataError} on an unknown option or one out of range, or when no user has 2 training interactions.
 * @example
 * const source = shardBatchSource(shards, { maxLength: 50, seed: 1 });
 * for await (const batch of source.epoch(1)) console.log(batch.size); // 128, …
 */
export const shardBatchSource = (shards: SequenceShards, options: ShardBatchSourceOptions): TrainBatchSource => {
  assertKnownOptions('shardBatchSource', options, knownOptions, { ErrorClass: DataError });
  const { batchSize = 128, maxLength, numNegatives = 1, sharedNegatives = false } = options;
  const { seed, windows = false, times = true } = options;
  for (const [name, value, minimum] of [
    ['batchSize', batchSize, 1],
    ['maxLength', maxLength, 1],
    ['numNegatives', numNegatives, 0],
  ] as const)
    assertInteger('shardBatchSource', name, value, { minimum, ErrorClass: DataError });
  const length = windows ? maxLength : undefined;
  const counts = countsOf(shards, length);
  const packing = { maxLength, numNegatives, sharedNegatives, times };
  return {
    close: async () => undefined,
    async *epoch(epoch, firstBatch = 0) {
      const batchesOf = function* ({ sequences, parts }: Group, batch: number) {
        const negativeSampler = uniformNegatives(sequences);
        for (let done = 0; done < parts.users.length; done += batchSize) {
          const rng = new Rng(seed, epoch, batch++);
          yield packBatch(sequences, sliced(parts, done, done + batchSize), { ...packing, negativeSampler, rng });
        }
      };
      const order = new Rng(seed, epoch).shuffle(Uint32Array.from(counts.keys()));
      const start = firstBatch * batchSize; // a place in the order of the epoch
      let batch = firstBatch;
      let place = 0;
      let waiting: Group | undefined;
      for (let first = 0; first < order.length; first += shards.shardsAtOnce) {
        const members = [...order.subarray(first, first + shards.shardsAtOnce)];
        const size = members.reduce((sum, shard) => sum + counts[shard], 0);
        const skipped = Math.max(0, start - place);
        place += size;
        if (skipped >= size) continue;
        const group = await readGroup(shards, {
          members,
          waiting,
          length,
          skipped,
          rng: new Rng(seed, epoch, first, 1),
        });
        const { sequences, parts } = group;
        const whole = parts.users.length - (parts.users.length % batchSize);
        yield* batchesOf({ sequences, parts: sliced(parts, 0, whole) }, batch);
        batch += whole / batchSize;
        waiting = restOf(sequences, sliced(parts, whole, parts.users.length));
      }
      if (waiting !== undefined) yield* batchesOf(waiting, batch);
    },
  };
};

/**
 * Returns the number of batches in an epoch of `shardBatchSource`.
 *
 * @param options.batchSize number of users per batch, >= 1. Default 128.
 * @param options.maxLength with `windows`: number of targets in a window, >= 1.
 * @param options.windows as in `trainBatches`. Default false.
 * @throws {DataError} on an option out of range, or when no user has 2 training interactions.
 * @example
 * countShardBatches(shards, { batchSize: 1024 }); // 7805
 */
export const countShardBatches = (
  shards: SequenceShards,
  options: Partial<Pick<TrainBatchesOptions, 'batchSize' | 'maxLength' | 'windows'>> = {},
): number => {
  assertKnownOptions('countShardBatches', options, ['batchSize', 'maxLength', 'windows'], { ErrorClass: DataError });
  const { batchSize = 128, maxLength, windows = false } = options;
  assertInteger('countShardBatches', 'batchSize', batchSize, { minimum: 1, ErrorClass: DataError });
  if (windows) assertInteger('countShardBatches', 'maxLength', maxLength ?? 0, { minimum: 1, ErrorClass: DataError });
  const counts = countsOf(shards, windows ? maxLength : undefined);
  return Math.ceil(counts.reduce((sum, count) => sum + count, 0) / batchSize);
};

/** Returns the number of sequences to train on in each shard. */
const countsOf = ({ lengths }: SequenceShards, length: number | undefined): number[] => {
  const counts = lengths.map((ofShard) => ofShard.reduce((sum, own) => sum + countWindows(own, length), 0));
  if (counts.some((count) => count > 0)) return counts;
  throw noWindows(lengths.reduce((sum, ofShard) => sum + ofShard.length, 0));
};

/** Sequences in memory, and the parts of them that are still to be visited, in order. */
interface Group {
  readonly sequences: UserSequences;
  readonly parts: Windows;
}

interface GroupOptions {
  readonly members: readonly number[];
  /** What did not fill a batch. */
  readonly waiting: Group | undefined;
  readonly length: number | undefined;
  /** Sequences of the members that were visited before. */
  readonly skipped: number;
  readonly rng: Rng;
}

/** Reads shards, and puts what has waited before them. */
const readGroup = async (
  shards: SequenceShards,
  { members, waiting, length, skipped, rng }: GroupOptions,
): Promise<Group> => {
  const read: UserSequences[] = waiting === undefined ? [] : [waiting.sequences];
  for (const shard of members) read.push(await shards.read(shard));
  const sequences = joinSequences(read);
  const first = waiting?.sequences.ends.length ?? 0;
  const all = windowsOf(
    { ...sequences, offsets: sequences.offsets.subarray(first), ends: sequences.ends.subarray(first) },
    length,
  );
  const order = rng.shuffle(Uint32Array.from(all.users.keys())).subarray(skipped);
  const own = chosen(all, order);
  const before = waiting?.parts ?? { users: new Uint32Array(0), ends: new Uint32Array(0) };
  return {
    sequences,
    parts: {
      users: joined(
        before.users,
        own.users.map((user) => user + first),
      ),
      ends: joined(before.ends, own.ends),
    },
  };
};

const joined = (a: Uint32Array, b: Uint32Array): Uint32Array => {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

const sliced = ({ users, ends }: Windows, start: number, end: number): Windows => ({
  users: users.subarray(start, end),
  ends: ends.subarray(start, end),
});

/** Returns a copy of the sequences of some parts alone, so that the others can be freed; undefined for no parts. */
const restOf = (sequences: UserSequences, { users, ends }: Windows): Group | undefined => {
  if (users.length === 0) return undefined;
  const taken = takeUsers(sequences, users);
  return {
    sequences: taken,
    parts: {
      users: Uint32Array.from(users.keys()),
      ends: ends.map((end, i) => taken.offsets[i] + end - sequences.offsets[users[i]]),
    },
  };
};
