import { itemIds } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import { attributeInfos } from './attribute-infos.js';
import { ItemNames } from './item-names.js';

const catalog = { ...itemIds(['7', '8', '9', '10']), counts: [1, 4, 3, 2] };
const attributes = {
  ids: ['10', 9, '8', 'unknown'],
  columns: {
    title: ['Amélie (2001)', 'The Return of the King', 'King Kong', 'King Lear'],
    genres: ['Comedy|Romance', 'Drama', 'Drama', 'Western'],
    year: ['2001', 2003, '', 1999],
    plot: ['a', 'b', 'c', 'd'],
  },
};
const names = new ItemNames(catalog, { attributes, title: 'title', said: '' });
const found = (query: string, limit = 10) => names.search(query, limit).map(({ item }) => item);

describe('ItemNames', () => {
  it('names items by their titles, and those without one by their ids', () => {
    expect([names.named(9), names.named('7'), names.named('unknown')]).toEqual([
      { item: '9', title: 'The Return of the King' },
      { item: '7', title: '7' },
      { item: 'unknown', title: 'unknown' },
    ]);
  });

  it('finds titles by words in any order, without case and accents: beginnings first, then popular items', () => {
    expect(found('king')).toEqual(['8', '9']);
    expect(found('KING the')).toEqual(['9']);
    expect(found('amelie')).toEqual(['10']);
    expect(found('10')).toEqual(['10']);
    expect(found('lear')).toEqual([]); // the model does not know it
  });

  it('has the popular items for no words, and as many as are asked for', () => {
    expect(found('')).toEqual(['8', '9', '10', '7']);
    expect(found('  ', 2)).toEqual(['8', '9']);
  });
});

describe('attributeInfos', () => {
  it('has numbers with their range and texts with their counts, of items that the model knows', () => {
    expect(attributeInfos(catalog, { attributes, title: 'title', said: '' })).toEqual([
      {
        name: 'genres',
        kind: 'texts',
        values: [
          { value: 'Drama', items: 2 },
          { value: 'Comedy', items: 1 },
          { value: 'Romance', items: 1 },
        ],
        others: 0,
      },
      { name: 'year', kind: 'numbers', min: 2001, max: 2003 },
      { name: 'plot', kind: 'texts', values: ['a', 'b', 'c'].map((value) => ({ value, items: 1 })), others: 0 },
    ]);
  });

  it('leaves out a text of each item, and says how many values are not named', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => String(i));
    const columns = {
      plot: ids.map((id) => `plot ${id}`),
      tag: ids.map((_, i) => `tag ${i % 250}`),
      empty: ids.map(() => ''),
    };
    const infos = attributeInfos(itemIds(ids), { attributes: { ids, columns }, title: undefined, said: '' });
    expect(infos.map(({ name }) => name)).toEqual(['tag']);
    expect(infos[0]).toMatchObject({ others: 50 });
  });
});
