import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { SequenceBatch } from './sequence-batch.js';

/**
 * Returns part `part` of `parts` of a batch: its sequences in order, as evenly as whole sequences allow. A batch with fewer sequences than
 * parts has empty ones. Views of the batch, apart from the offsets.
 *
 * @example
 * const batch = historyBatch([[1, 2], [3], [4, 5]].map((items) => Int32Array.from(items)), { maxLength: 2 });
 * partOfBatch(batch, { part: 1, parts: 2 }).items; // Int32Array [3, 4, 5]
 */
export const partOfBatch = (
  batch: SequenceBatch,
  options: { readonly part: number; readonly parts: number },
): SequenceBatch => {
  assertKnownOptions('partOfBatch', options, ['part', 'parts'], { ErrorClass: DataError });
  const { part, parts } = options;
  const { size, offsets, numNegatives, negatives, targets } = batch;
  const [first, end] = [part, part + 1].map((bound) => Math.floor((bound * size) / parts));
  const [from, until] = [offsets[first], offsets[end]];
  const sharesNegatives = negatives.length !== targets.length * numNegatives; // one row per sequence
  const [firstRow, endRow] = sharesNegatives ? [first, end] : [from, until];
  return {
    size: end - first,
    offsets: offsets.slice(first, end + 1).map((offset) => offset - from),
    items: batch.items.subarray(from, until),
    positions: batch.positions.subarray(from, until),
    targets: targets.subarray(from, until),
    negatives: negatives.subarray(firstRow * numNegatives, endRow * numNegatives),
    numNegatives,
    ...(batch.times && { times: batch.times.subarray(from, until) }),
    ...(batch.queryTimes && { queryTimes: batch.queryTimes.subarray(from, until) }),
  };
};
