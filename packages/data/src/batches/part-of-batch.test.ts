import { describe, expect, it } from 'vitest';
import {
  leaveOneOut,
  partOfBatch,
  type SequenceBatch,
  simulateInteractions,
  toSequences,
  trainBatches,
} from '../index.js';

const { interactions } = simulateInteractions({ seed: 3, users: 40, items: 20, meanLength: 6 });
const { train } = leaveOneOut(toSequences(interactions));
const batchOf = (options: { numNegatives?: number; sharedNegatives?: boolean }): SequenceBatch =>
  trainBatches(train, { batchSize: 11, maxLength: 4, seed: 1, times: true, ...options }).next().value as SequenceBatch;
const partsOf = (batch: SequenceBatch, parts: number) =>
  Array.from({ length: parts }, (_, part) => partOfBatch(batch, { part, parts }));

describe('partOfBatch', () => {
  it.each([
    [1, {}],
    [3, { numNegatives: 2 }],
    [3, { numNegatives: 2, sharedNegatives: true }],
    [3, { numNegatives: 0 }],
    [11, { numNegatives: 1 }],
  ])('cuts a batch into %i parts, which are the batch when they are joined: %j', (count, options) => {
    const batch = batchOf(options);
    const parts = partsOf(batch, count);
    for (const key of ['items', 'positions', 'targets', 'negatives', 'times', 'queryTimes'] as const)
      expect(
        parts.flatMap((part) => [...part[key]!]),
        key,
      ).toEqual([...batch[key]!]);
    const lengthsOf = ({ offsets }: SequenceBatch) => [...offsets.subarray(1)].map((end, b) => end - offsets[b]);
    expect(parts.flatMap(lengthsOf)).toEqual(lengthsOf(batch));
    const sizes = parts.map(({ size }) => size);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    for (const { offsets, size, items, numNegatives } of parts) {
      expect([offsets[0], offsets[size], offsets.length]).toEqual([0, items.length, size + 1]);
      expect(numNegatives).toBe(batch.numNegatives);
    }
  });

  it('leaves parts empty where there are more of them than sequences', () => {
    const sizes = partsOf(batchOf({}), 13).map(({ size }) => size);
    expect(sizes.reduce((a, b) => a + b)).toBe(11);
    expect(sizes.filter((size) => size === 0)).toHaveLength(2);
  });
});
