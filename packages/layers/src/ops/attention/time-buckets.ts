import { LayerError } from '../../errors.js';
import { assertOffsets } from '../assert-offsets.js';

/** Number of buckets of times: 0 for less than 1.35 seconds, 128 for all that is too long for the others. */
export const numTimeBuckets = 129;

const bucketWidth = Math.fround(0.301);

/**
 * Returns the bucket of a time: min(128, floor(ln(max(|t|, 1)) / 0.301)), computed in float32 as the authors' code does.
 *
 * @param seconds a time between two events.
 * @example
 * timeBucketOf(86_400); // 37: a day
 */
export const timeBucketOf = (seconds: number): number => {
  const logarithm = Math.fround(Math.log(Math.max(Math.fround(Math.abs(seconds)), 1)));
  return Math.min(numTimeBuckets - 1, Math.floor(Math.fround(logarithm / bucketWidth)));
};

/** The time between each query and each key at or before it, of each sequence of a batch, in buckets. */
export interface TimeBuckets {
  /** uint8: the bucket of query i and key j <= i of sequence b is at `starts[b] + i (i + 1) / 2 + j`. */
  readonly buckets: Uint8Array;
  /** `[size]`: where the buckets of each sequence start. */
  readonly starts: Int32Array;
}

/**
 * Float32 numbers from 1 on by their first 16 bits, which have 7 bits after the leading one: no two borders of buckets
 * share them, so a number is in the bucket of the first number with its bits, or in the next one.
 */
const firstBuckets = new Uint8Array(2 ** 15);
/** The smallest float32 of each bucket. */
const borders = new Float32Array(numTimeBuckets + 1).fill(Number.POSITIVE_INFINITY);

const asFloat = new Float32Array(1);
const asWord = new Uint32Array(asFloat.buffer);

const floatOf = (word: number): number => {
  asWord[0] = word;
  return asFloat[0];
};

/** Fills the tables, at the first call. */
const prepare = (): void => {
  if (borders[0] === 0) return;
  const infinity = 0x7f800000;
  for (let bucket = 1; bucket < numTimeBuckets; bucket++) {
    let [low, high] = [0x3f800000, infinity]; // the words of positive numbers are in their order
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (timeBucketOf(floatOf(middle)) >= bucket) high = middle;
      else low = middle + 1;
    }
    borders[bucket] = floatOf(low);
  }
  for (let bits = 0; bits < firstBuckets.length; bits++) {
    const first = floatOf(bits * 2 ** 16);
    firstBuckets[bits] = Number.isFinite(first) ? timeBucketOf(first) : numTimeBuckets - 1;
  }
  borders[0] = 0;
};

/**
 * Returns the buckets of a batch. All blocks of a model use the same.
 *
 * @param times float64 `[tokens]`, when each item was met, in seconds.
 * @param queryTimes float64 `[tokens]`, when the item after each token is asked for.
 * @param offsets `[size + 1]`, sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`.
 * @throws {LayerError} if the times do not match the offsets.
 * @example
 * const times = Float64Array.of(0, 3600);
 * timeBuckets(times, Float64Array.of(3600, 90_000), Int32Array.of(0, 2)).buckets; // [27, 37, 37]
 */
export const timeBuckets = (times: Float64Array, queryTimes: Float64Array, offsets: Int32Array): TimeBuckets => {
  assertOffsets('timeBuckets', offsets, times.length);
  if (queryTimes.length !== times.length)
    throw new LayerError(
      'bad-input',
      `timeBuckets: ${times.length} tokens need as many query times, got ${queryTimes.length}`,
    );
  prepare();
  const starts = new Int32Array(offsets.length - 1);
  let pairs = 0;
  for (let b = 0; b < starts.length; b++) {
    const length = offsets[b + 1] - offsets[b];
    starts[b] = pairs;
    pairs += (length * (length + 1)) / 2;
  }
  const buckets = new Uint8Array(pairs);
  let at = 0;
  for (let b = 0; b < starts.length; b++) {
    const first = offsets[b];
    for (let query = first; query < offsets[b + 1]; query++) {
      const asked = queryTimes[query];
      for (let key = first; key <= query; key++) {
        asFloat[0] = Math.abs(asked - times[key]);
        const bucket = firstBuckets[asWord[0] >>> 16];
        buckets[at++] = asFloat[0] >= borders[bucket + 1] ? bucket + 1 : bucket;
      }
    }
  }
  return { buckets, starts };
};
