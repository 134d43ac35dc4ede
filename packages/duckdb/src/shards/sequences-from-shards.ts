import { type Id, itemIds, type SequenceShards, type UserSequences } from '@recsys/data';
import { sha256Of } from '@recsys/data/node';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { PrepareError } from '../errors.js';
import { PreparedReader, sequencesOf } from './prepared-reader.js';

/** Options of `sequencesFromShards`. */
export interface ShardOptions {
  /**
   * Returns the part of a shard's sequences to train on, such as `(sequences) => leaveOneOut(sequences).train`: a shard has all interactions of its users.
   * It gets them without user ids. Default: all.
   */
  part?: ((sequences: UserSequences) => UserSequences) | undefined;
  /**
   * Shards that are in memory at once, and shuffled together, >= 1. Each takes 12 bytes an interaction with times, twice that while they are put
   * together. Default 2.
   */
  shardsAtOnce?: number | undefined;
}

/** Shards of a prepared directory. */
export interface PreparedShards extends SequenceShards {
  /** Reads a shard with the ids of its users, whole: to split it for validation. */
  readWhole(shard: number): Promise<UserSequences>;
  /** Closes the files. */
  close(): void;
}

/**
 * Returns the shards of a prepared directory, for training on more than fits in memory: `fit(model, split, { shards })`. Reads all of them once, to count.
 * Each file is compared with its sha256 when it is first read.
 *
 * The order of an epoch depends on the seed, the epoch and `shardsAtOnce`: see `shardBatchSource` of `@recsys/data`.
 *
 * @throws {PrepareError} `bad-option`; `not-prepared`, or `damaged` when a file is not the one that was written.
 * @example
 * const shards = await sequencesFromShards('prepared', { part: (sequences) => leaveOneOut(sequences).train });
 * const split = leaveOneOut(await shards.readWhole(0)); // validate on the users of the first shard
 * const model = new SASRec({ catalog: shards.catalog, maxLength: 50 });
 * await fit(model, split, { shards, epochs: 10, seed: 1, validation: { sampleTargets: 10_000 } });
 * shards.close();
 */
export const sequencesFromShards = async (directory: string, options: ShardOptions = {}): Promise<PreparedShards> => {
  assertKnownOptions('sequencesFromShards', options, ['part', 'shardsAtOnce'], { ErrorClass: PrepareError });
  const { part = (sequences) => sequences, shardsAtOnce = 2 } = options;
  assertInteger('sequencesFromShards', 'shardsAtOnce', shardsAtOnce, { minimum: 1, ErrorClass: PrepareError });
  const reader = await PreparedReader.open(directory);
  try {
    const { shards, timeUnit } = reader.manifest;
    const catalog = await reader.catalog();
    const readWith = async (shard: number, users: readonly Id[]) =>
      sequencesOf(await reader.rows(shard, shard + 1), { users, catalog, timeUnit });
    const lengths: Uint32Array[] = [];
    const itemCounts = new Uint32Array(catalog.ids.length + 1);
    for (const shard of shards.keys()) {
      const { offsets, ends, items } = part(await readWith(shard, []));
      lengths.push(ends.map((end, user) => end - offsets[user]));
      ends.forEach((end, user) => {
        for (let i = offsets[user]; i < end; i++) itemCounts[items[i]] += 1;
      });
    }
    const contents = shards.map(({ sha256 }) => sha256).join(' ');
    return {
      catalog: { ...itemIds(catalog.ids), counts: Array.from(itemCounts.subarray(1)) },
      lengths,
      itemCounts,
      shardsAtOnce,
      fingerprint: sha256Of(contents, JSON.stringify(catalog.ids), ...lengths, String(shardsAtOnce)),
      read: async (shard) => part(await readWith(shard, [])),
      readWhole: async (shard) => {
        const { firstUser, users } = shards[shard];
        return readWith(shard, await reader.users(firstUser, firstUser + users));
      },
      close: () => reader.close(),
    };
  } catch (cause) {
    reader.close();
    throw cause;
  }
};
