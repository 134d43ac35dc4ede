import { describe, expect, it } from 'vitest';
import { fromItemNegatives, itemNegatives, trainBatches } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { drawCounts } from './test-draws.js';

describe('itemNegatives', () => {
  it('are distinct, without the item, and the same at each call', () => {
    const table = itemNegatives(50, { numNegatives: 20, seed: 3 });
    for (const item of [1, 25, 50]) {
      const row = table.of(item);
      expect(new Set(row).size).toBe(20);
      expect(row.includes(item)).toBe(false);
      expect(row.every((negative) => negative >= 1 && negative <= 50)).toBe(true);
      expect([...itemNegatives(50, { numNegatives: 20, seed: 3 }).of(item)]).toEqual([...row]);
    }
    expect(() => itemNegatives(20, { numNegatives: 20, seed: 1 })).toThrow('must be at most 19');
  });

  it('train as the PyTorch re-implementation does: each token draws from the row of its target', () => {
    const table = itemNegatives(6, { numNegatives: 2, seed: 1 });
    const [batch] = trainBatches(sequencesOf(6, [1, 2, 1], [1, 3, 4, 2, 1], [5]), {
      batchSize: 9,
      maxLength: 9,
      seed: 1,
      numNegatives: 3,
      negativeSampler: fromItemNegatives(table),
    });
    batch!.targets.forEach((target, t) => {
      for (const negative of batch!.negatives.subarray(3 * t, 3 * t + 3)) expect(table.of(target)).toContain(negative);
    });
    expect(() => drawCounts(fromItemNegatives(table), { user: 0, draws: 1, numItems: 6 })).toThrow(
      'needs targets, and got none',
    );
  });
});
