import * as aq from 'arquero';
import { describe, expect, it } from 'vitest';
import { fromTable, lengthRange, minRating, timeRange, topItems } from '../index.js';

const interactions = fromTable(
  aq.table({
    user: ['a', 'a', 'a', 'b', 'b', 'c'],
    item: ['x', 'y', 'z', 'x', 'y', 'x'],
    timestamp: [1, 2, 3, 4, 5, 6],
    rating: [5, 1, 3, 4, 2, 5],
  }),
);
const left = ({ table }: typeof interactions) =>
  (table.objects() as { user: string; item: string }[]).map(({ user, item }) => user + item);

describe('filters', () => {
  it('timeRange keeps from a time on, up to another', () => {
    expect(left(timeRange(interactions, { from: 2, to: 5 }))).toEqual(['ay', 'az', 'bx']);
    expect(left(timeRange(interactions, { from: 5 }))).toEqual(['by', 'cx']);
    expect(() => timeRange(interactions, { from: 7 })).toThrow('timeRange: none of 6 interactions is left');
    const untimed = fromTable(aq.table({ user: ['a'], item: ['x'] }));
    expect(() => timeRange(untimed, { from: 1 })).toThrow('the table has no column "timestamp"; it has user, item');
  });

  it('minRating keeps what was rated high enough', () => {
    expect(left(minRating(interactions, { min: 4 }))).toEqual(['ax', 'bx', 'cx']);
    expect(() => minRating(interactions, { min: 4, column: 'stars' })).toThrow('no column "stars"');
    for (const column of ['constructor', '__proto__'])
      expect(() => minRating(interactions, { min: 4, column })).toThrow(`no column "${column}"`);
  });

  it('lengthRange keeps users with so many interactions', () => {
    expect(left(lengthRange(interactions, { min: 2 }))).toEqual(['ax', 'ay', 'az', 'bx', 'by']);
    expect(left(lengthRange(interactions, { min: 2, max: 2 }))).toEqual(['bx', 'by']);
  });

  it('topItems keeps the most popular', () => {
    expect(left(topItems(interactions, { n: 1 }))).toEqual(['ax', 'bx', 'cx']);
    expect(left(topItems(interactions, { n: 2 }))).toEqual(['ax', 'ay', 'bx', 'by', 'cx']);
    expect(() => topItems(interactions, { n: 0 })).toThrow('topItems: n must be an integer >= 1, got 0');
  });

  it('work on what others have left', () => {
    expect(left(lengthRange(topItems(interactions, { n: 2 }), { min: 2 }))).toEqual(['ax', 'ay', 'bx', 'by']);
    expect(left(timeRange(minRating(interactions, { min: 3 }), { from: 3 }))).toEqual(['az', 'bx', 'cx']);
  });

  it('refuse options that they do not have', () => {
    const typo = { n: 1, min: 1, minn: 2 };
    expect(() => minRating(interactions, typo)).toThrow('minRating: unknown option n, minn; options are min, column');
    expect(() => topItems(interactions, typo)).toThrow('topItems: unknown option min, minn; options are n');
    expect(() => lengthRange(interactions, typo)).toThrow('lengthRange: unknown option n, minn');
  });
});
