import { describe, expect, it } from 'vitest';
import { timeBucketOf, timeBuckets } from './time-buckets.js';

describe('timeBucketOf', () => {
  it.each([
    [0, 0],
    [0.5, 0],
    [1.35, 0],
    [1.36, 1],
    [60, 13],
    [-60, 13],
    [3600, 27],
    [86_400, 37],
    [31_557_600, 57],
    [1e17, 128],
    [Number.MAX_VALUE, 128],
  ])('%d seconds are in bucket %d', (seconds, bucket) => {
    expect(timeBucketOf(seconds)).toBe(bucket);
  });
});

describe('timeBuckets', () => {
  it('has the bucket of each query and each key at or before it', () => {
    const times = Float64Array.of(0, 3600, 7);
    const { buckets, starts } = timeBuckets(times, Float64Array.of(3600, 90_000, 67), Int32Array.of(0, 2, 2, 3));
    expect([...buckets]).toEqual([27, 37, 37, 13]);
    expect([...starts]).toEqual([0, 3, 3]);
  });

  it('has the bucket of the formula for times of all sizes', () => {
    let wrong = 0;
    for (let exponent = -2; exponent < 40; exponent += 0.001) {
      const time = Math.exp(exponent);
      const { buckets } = timeBuckets(Float64Array.of(0), Float64Array.of(time), Int32Array.of(0, 1));
      if (buckets[0] !== timeBucketOf(time)) wrong += 1;
    }
    expect(wrong).toBe(0);
  });

  it('refuses times that do not match', () => {
    const run = (tokens: number, queries: number) =>
      timeBuckets(new Float64Array(tokens), new Float64Array(queries), Int32Array.of(0, 2));
    expect(() => run(3, 3)).toThrow('timeBuckets: offsets must run from 0 to the 3 tokens');
    expect(() => run(2, 1)).toThrow('timeBuckets: 2 tokens need as many query times, got 1');
  });
});
