import { describe, expect, it } from 'vitest';
import { historyBatch } from '../index.js';

describe('historyBatch', () => {
  it('packs the newest items, the last always at the last position', () => {
    const batch = historyBatch([Int32Array.of(1, 2, 3), Int32Array.of(4)], { maxLength: 2 });
    expect({
      ...batch,
      items: [...batch.items],
      offsets: [...batch.offsets],
      positions: [...batch.positions],
    }).toMatchObject({
      size: 2,
      offsets: [0, 2, 3],
      items: [2, 3, 4],
      positions: [0, 1, 1],
    });
  });

  it('refuses an empty history', () => {
    expect(() => historyBatch([Int32Array.of(1), new Int32Array(0)], { maxLength: 2 })).toThrow('history 1 is empty');
  });
});
