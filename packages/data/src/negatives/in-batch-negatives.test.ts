import { describe, expect, it } from 'vitest';
import { inBatchNegatives, trainBatches } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { drawCounts, expectShares } from './test-draws.js';

describe('inBatchNegatives', () => {
  it("draws the batch's targets alone, outside the user's sequence", () => {
    const train = sequencesOf(12, [1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]);
    const sampler = inBatchNegatives(train);
    for (const batch of trainBatches(train, {
      batchSize: 2,
      maxLength: 5,
      seed: 1,
      numNegatives: 20,
      negativeSampler: sampler,
    })) {
      for (let b = 0; b < batch.size; b++) {
        const [from, to] = [batch.offsets[b], batch.offsets[b + 1]];
        const others = new Set([...batch.targets].filter((_, t) => t < from || t >= to));
        expect(new Set(batch.negatives.subarray(20 * from, 20 * to))).toEqual(others);
      }
    }
  });

  it('refuses to draw outside a batch, and from a batch whose targets the user all has', () => {
    const sampler = inBatchNegatives(sequencesOf(6, [1, 2, 1], [3]));
    expect(() => drawCounts(sampler, { user: 0, draws: 1, numItems: 6 })).toThrow(
      'draws from the targets of a batch, and no batch was started',
    );
    sampler.startBatch!(Int32Array.of(1, 2));
    expect(() => drawCounts(sampler, { user: 0, draws: 1, numItems: 6 })).toThrow(
      'a user has interacted with all targets of the batch',
    );
  });

  it('finds the rare target that is not of the user, in proportion to its share of the others', () => {
    const sampler = inBatchNegatives(sequencesOf(4, [1, 2], [3, 4]));
    sampler.startBatch!(Int32Array.from({ length: 300_000 }, (_, i) => (i < 3 ? 3 : i === 3 ? 4 : 1 + (i % 2))));
    expectShares(drawCounts(sampler, { user: 0, draws: 4000, numItems: 4 }), [0, 0, 0, 3, 1], 10.8); // 1 degree
  });
});
