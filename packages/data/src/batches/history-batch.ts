import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { HistoryTimes } from '../sequences/history-times.js';
import { inferenceTimes } from './batch-times.js';
import type { SequenceBatch } from './sequence-batch.js';

const none = new Int32Array(0);

/**
 * Returns histories packed into a batch for inference: the newest `maxLength` items of each, without targets and negatives.
 *
 * @param histories item indices, 1..numItems, oldest first. They are borrowed, not changed.
 * @param options.maxLength number of items to keep per history, >= 1.
 * @param options.times when the items were met and the histories are asked about, in seconds, for a model that uses times. Default none.
 * @throws {DataError} on an empty history, times that do not match the histories, or an option out of range.
 * @example
 * const batch = historyBatch([Int32Array.of(1, 2, 3), Int32Array.of(4)], { maxLength: 2 });
 * // { size: 2, offsets: [0, 2, 3], items: [2, 3, 4], positions: [0, 1, 1], … }
 */
export const historyBatch = (
  histories: readonly Int32Array[],
  options: { maxLength: number; times?: HistoryTimes | undefined },
): SequenceBatch => {
  assertKnownOptions('historyBatch', options, ['maxLength', 'times'], { ErrorClass: DataError });
  const { maxLength } = options;
  assertInteger('historyBatch', 'maxLength', maxLength, { minimum: 1, ErrorClass: DataError });
  const offsets = new Int32Array(histories.length + 1);
  histories.forEach((history, b) => {
    if (history.length === 0)
      throw new DataError('bad-data', `historyBatch: history ${b} is empty; a model needs at least one item`);
    offsets[b + 1] = offsets[b] + Math.min(history.length, maxLength);
  });
  const items = new Int32Array(offsets[histories.length]);
  histories.forEach((history, b) => {
    items.set(history.subarray(-maxLength), offsets[b]);
  });
  return {
    size: histories.length,
    offsets,
    items,
    positions: positionsOf(offsets, maxLength),
    targets: none,
    negatives: none,
    numNegatives: 0,
    ...inferenceTimes(histories, offsets, options.times),
  };
};

/** Returns the position of each token, `maxLength - length + j`: the newest token of a sequence is always at `maxLength - 1`. */
export const positionsOf = (offsets: Int32Array, maxLength: number): Int32Array => {
  const positions = new Int32Array(offsets[offsets.length - 1]);
  for (let b = 0; b + 1 < offsets.length; b++) {
    const shift = maxLength - offsets[b + 1];
    for (let t = offsets[b]; t < offsets[b + 1]; t++) positions[t] = t + shift;
  }
  return positions;
};
