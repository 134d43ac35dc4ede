import { describe, expect, it } from 'vitest';
import { idAt, indexOfId, itemIds, userIds } from './id-map.js';

describe('IdMap', () => {
  it('maps items from 1 and users from 0, both ways', () => {
    const [items, users] = [itemIds(['x', 7]), userIds(['a'])];
    expect([indexOfId(items, 'x'), indexOfId(items, 7), indexOfId(users, 'a'), indexOfId(items, 'y')]).toEqual([
      1, 2, 0, -1,
    ]);
    expect([idAt(items, 2), idAt(users, 0)]).toEqual([7, 'a']);
  });

  it('takes a number and its text for one id', () => {
    expect(indexOfId(itemIds([296]), '296')).toBe(1);
    expect(() => indexOfId(itemIds([1, '1']), 1)).toThrow('1 ids occur more than once');
  });

  it('refuses an index outside, the pad among them', () => {
    expect(() => idAt(itemIds(['x']), 0)).toThrow('index must be an integer from 1 to 1, got 0');
    expect(() => idAt(itemIds(['x']), 2)).toThrow('got 2');
  });
});
