import { describe, expect, it } from 'vitest';
import { bars, doublingBins } from './distribution.js';

describe('distribution', () => {
  it('doublingBins counts 1, 2, 3 to 4, 5 to 8', () => {
    expect(doublingBins([1, 1, 2, 3, 4, 8, 5, 9])).toEqual([
      { from: 1, to: 1, count: 2 },
      { from: 2, to: 2, count: 1 },
      { from: 3, to: 4, count: 2 },
      { from: 5, to: 8, count: 2 },
      { from: 9, to: 16, count: 1 },
    ]);
    expect(doublingBins([5])).toEqual([
      { from: 1, to: 1, count: 0 },
      { from: 2, to: 2, count: 0 },
      { from: 3, to: 4, count: 0 },
      { from: 5, to: 8, count: 1 },
    ]);
  });

  it('bars are as long as the counts, to an eighth of a character', () => {
    const bins = [
      { from: 1, to: 1, count: 8000 },
      { from: 2, to: 2, count: 1000 },
      { from: 3, to: 4, count: 0 },
    ];
    expect(bars(bins, 4)).toEqual(['    1  ████  8,000', '    2  ▌     1,000', '  3-4        0']);
  });
});
