import { describe, expect, it } from 'vitest';
import { attributeColumn } from '../index.js';

const table = (...names: string[]) => ({ ids: ['a'], columns: Object.fromEntries(names.map((name) => [name, ['x']])) });

describe('attributeColumn', () => {
  it.each([
    [['name', 'Title', 'genres'], 'title', 'Title'],
    [['price', 'NAME'], 'title', 'NAME'],
    [['Genres', 'Main Category', 'genre'], 'category', 'genre'],
    [['price'], 'title', undefined],
    [[], 'category', undefined],
  ] as const)('finds in %j the column of the %s: %s', (names, kind, found) => {
    expect(attributeColumn(table(...names), kind)).toBe(found);
  });

  it('takes the column that is named, and refuses one that is not there', () => {
    expect(attributeColumn(table('title', 'label'), 'title', 'label')).toBe('label');
    expect(() => attributeColumn(table('title', 'year'), 'title', 'Title')).toThrow(
      'the items have no column "Title"; they have title, year',
    );
    expect(() => attributeColumn(table(), 'title', 'name')).toThrow('they have no columns');
  });
});
