import { describe, expect, it } from 'vitest';
import { mixedNegatives, mixedProbabilities, trainBatches } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { drawCounts, expectShares } from './test-draws.js';

describe('mixedNegatives', () => {
  it('draws some items from the targets of the batch and the others uniformly, outside the sequence of the user', () => {
    const sampler = mixedNegatives(sequencesOf(5, [1, 2], [3, 4]), { inBatch: 0.75 });
    sampler.startBatch!(Int32Array.of(2, 3, 3, 4));
    const counts = drawCounts(sampler, { user: 0, draws: 20_000, numItems: 5 });
    // of four targets 3 twice and 4 once; 2 is excluded
    expectShares(counts, [0, 0, 0, 0.75 * 0.5 + 0.25 / 5, 0.75 * 0.25 + 0.25 / 5, 0.25 / 5], 13.8);
  });

  it('draws in training by its probabilities, on average over batches', () => {
    const train = sequencesOf(6, ...Array.from({ length: 40 }, (_, i) => [6, 1 + (i % 2), 3, 1 + (i % 2)]));
    const counts = new Array<number>(7).fill(0);
    const negativeSampler = mixedNegatives(train, { inBatch: 0.5 });
    for (let epoch = 1; epoch <= 20; epoch++)
      for (const { negatives } of trainBatches(train, {
        maxLength: 3,
        seed: 1,
        epoch,
        batchSize: 8,
        numNegatives: 20,
        negativeSampler,
      }))
        for (const item of negatives) counts[item] += 1;
    // All have 3 and 6, so 1, 2, 4 and 5 are drawn; targets, unlike interactions, are never 6.
    const probabilities = mixedProbabilities(train, { inBatch: 0.5 });
    expect([...probabilities]).toEqual(
      [0, 0.25, 0.25, 0.25, 0, 0, 0.25].map((share, item) => (item === 0 ? 0 : 0.5 * share + 0.5 / 6)),
    );
    expect(counts[3] + counts[6]).toBe(0);
    expect(counts[4] / counts[5]).toBeCloseTo(1, 1);
    expect(counts[1]).toBeGreaterThan(1.2 * counts[4]); // 1 and 2 are a third of the targets each, 4 is none
  });

  it('refuses to draw outside a batch, and a share out of range', () => {
    const train = sequencesOf(3, [1, 2]);
    const draw = () => drawCounts(mixedNegatives(train), { user: 0, draws: 1, numItems: 3 });
    expect(draw).toThrow('draws from the targets of a batch, and no batch was started');
    expect(() => mixedNegatives(train, { inBatch: 1 })).toThrow('mixedNegatives: inBatch must be in [0, 1), got 1');
    expect(() => mixedProbabilities(train, { inBatch: -0.1 })).toThrow('must be in [0, 1), got -0.1');
  });
});
