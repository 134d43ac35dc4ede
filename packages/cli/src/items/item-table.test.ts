import { describe, expect, it } from 'vitest';
import { ItemTable } from './item-table.js';

const table = new ItemTable({
  ids: ['a', 2, 'c'],
  columns: { name: ['Tea', '', undefined], genres: ['Drink|Hot', ['Sweet', 'Cold'], ''], year: [1999, 0, null] },
});

describe('ItemTable', () => {
  it('names items by their titles, and those without one by their ids', () => {
    expect(['a', '2', 2, 'c', 'other'].map(table.nameOf)).toEqual(['Tea', '2', '2', 'c', 'other']);
  });

  it('puts items into groups by the first value of a column, by default that of the categories', () => {
    const { name, of } = table.groupsBy()!;
    expect([name, of('a'), of('2'), of('c'), of('other')]).toEqual(['genres', 'Drink', 'Sweet', undefined, undefined]);
    expect(['a', 2, 'c'].map(table.groupsBy('year')!.of)).toEqual(['1999', '0', undefined]);
    expect(new ItemTable({ ids: [], columns: {} }).groupsBy()).toBe(undefined);
  });

  it('refuses columns that are not there', () => {
    expect(() => table.groupsBy('shelf')).toThrow('the items have no column "shelf"; they have name, genres, year');
    expect(() => new ItemTable({ ids: [], columns: { year: [] } }, 'name')).toThrow('no column "name"');
  });
});
