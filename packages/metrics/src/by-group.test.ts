import { describe, expect, it } from 'vitest';
import { byGroup } from './index.js';

describe('byGroup', () => {
  it('keeps the order within each group', () => {
    expect(byGroup([1, 0, 2], ['short', 'long', 'short'])).toEqual(
      new Map([
        ['short', Float64Array.of(1, 2)],
        ['long', Float64Array.of(0)],
      ]),
    );
    expect(() => byGroup([1], [])).toThrow('needs a group for each value, got 0 for 1');
  });
});
