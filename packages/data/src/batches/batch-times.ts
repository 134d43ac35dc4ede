import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { HistoryTimes } from '../sequences/history-times.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { SequenceBatch } from './sequence-batch.js';

type BatchTimes = Pick<SequenceBatch, 'times' | 'queryTimes'>;

/**
 * Returns the times of the tokens of a training batch; nothing for sequences without times.
 *
 * @param ends for each sequence of the batch, the exclusive end of its targets in `timestamps`.
 */
export const trainingTimes = (
  { timestamps, timeUnit = 1 }: UserSequences,
  ends: Uint32Array,
  offsets: Int32Array,
): BatchTimes => {
  if (timestamps === undefined) return {};
  const times = new Float64Array(offsets[ends.length]);
  const queryTimes = new Float64Array(times.length);
  ends.forEach((end, b) => {
    const shift = end - 1 - offsets[b + 1];
    for (let t = offsets[b]; t < offsets[b + 1]; t++) {
      times[t] = timestamps[t + shift] * timeUnit;
      queryTimes[t] = timestamps[t + shift + 1] * timeUnit;
    }
  });
  return { times, queryTimes };
};

/**
 * Returns the times of the tokens of a batch for inference: a token is asked about when the item after it was met, the newest at the time of the
 * request.
 *
 * @throws {DataError} when the times do not match the histories, or one is not a number.
 */
export const inferenceTimes = (
  histories: readonly Int32Array[],
  offsets: Int32Array,
  given: HistoryTimes | undefined,
): BatchTimes => {
  if (given === undefined) return {};
  assertKnownOptions('historyBatch: times', given, ['times', 'at'], { ErrorClass: DataError });
  const { times: all, at } = given;
  if (all.length !== histories.length || at.length !== histories.length)
    throw new DataError(
      'bad-data',
      `historyBatch: ${histories.length} histories need as many times, got those of ${all.length} and ${at.length} requests`,
    );
  const times = new Float64Array(offsets[histories.length]);
  const queryTimes = new Float64Array(times.length);
  histories.forEach((history, b) => {
    if (all[b].length !== history.length)
      throw new DataError(
        'bad-data',
        `historyBatch: history ${b} has ${history.length} items and ${all[b].length} times`,
      );
    const [start, end] = [offsets[b], offsets[b + 1]];
    times.set(all[b].subarray(history.length - (end - start)), start);
    queryTimes.set(times.subarray(start + 1, end), start);
    queryTimes[end - 1] = at[b];
  });
  const isTime = (time: number) => Number.isFinite(time);
  if (!times.every(isTime) || !queryTimes.every(isTime))
    throw new DataError('bad-data', 'historyBatch: times must be finite numbers, in seconds');
  return { times, queryTimes };
};
