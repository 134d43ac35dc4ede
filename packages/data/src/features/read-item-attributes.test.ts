import { describe, expect, it } from 'vitest';
import { readItemAttributes } from '../index.js';

const rows = [
  { id: 'a', price: 3, tags: ['x', 'y'] },
  { id: 'b', title: 'Tea' },
];

describe('readItemAttributes', () => {
  it('gives the values of each column by item', async () => {
    const { ids, columns } = await readItemAttributes(rows);
    expect(ids).toEqual(['a', 'b']);
    expect(columns).toEqual({ price: [3, undefined], tags: [['x', 'y'], undefined], title: [undefined, 'Tea'] });
  });

  it('takes a column whose name JavaScript uses itself', async () => {
    const { columns } = await readItemAttributes([JSON.parse('{ "id": 1, "__proto__": 5, "constructor": "me" }')]);
    expect(columns.constructor).toEqual(['me']);
  });

  it.each([
    [[{ id: 'a' }, { id: 'a' }], /:2: item "a" comes twice/],
    [[{ id: null }], /column "id" must be an item id/],
    [[], /is empty/],
    [[{ name: 'a' }], /no column that looks like the item/],
  ])('refuses %j', async (source, message) => {
    await expect(readItemAttributes(source)).rejects.toThrow(message);
  });
});
