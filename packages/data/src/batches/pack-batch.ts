import { DataError } from '../errors.js';
import type { NegativeSampler } from '../negatives/negative-sampler.js';
import type { Rng } from '../rng.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { trainingTimes } from './batch-times.js';
import { positionsOf } from './history-batch.js';
import type { SequenceBatch } from './sequence-batch.js';
import type { Windows } from './windows.js';

interface Packing {
  readonly maxLength: number;
  readonly numNegatives: number;
  readonly sharedNegatives: boolean;
  readonly times: boolean;
  readonly negativeSampler: NegativeSampler;
  readonly rng: Rng;
}

/** Negatives per batch: 1 GiB as int32. */
const largestNegatives = 2 ** 28;

/** Returns the batch of some windows. */
export const packBatch = (
  train: UserSequences,
  { users, ends }: Windows,
  { maxLength, numNegatives, sharedNegatives, times, negativeSampler, rng }: Packing,
): SequenceBatch => {
  const { offsets: starts, items: all } = train;
  const offsets = new Int32Array(users.length + 1);
  users.forEach((user, b) => {
    offsets[b + 1] = offsets[b] + Math.min(ends[b] - starts[user] - 1, maxLength);
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
  ends.forEach((end, b) => {
    const at = offsets[b];
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
    ...(times && trainingTimes(train, ends, offsets)),
  };
};
