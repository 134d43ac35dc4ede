import { describe, expect, it } from 'vitest';
import { IdEncoder } from './id-column.js';

describe('IdEncoder', () => {
  it('gives an id one code, whatever its type', () => {
    const encoder = new IdEncoder();
    for (const id of ['7', 'a', 7, 'a']) encoder.add(id);
    const { ids, codes } = encoder.column();
    expect(ids).toEqual(['7', 'a']);
    expect([...codes]).toEqual([0, 1, 0, 1]);
  });

  it('refuses more distinct ids than a map can hold, with the id', () => {
    const encoder = new IdEncoder(2);
    for (const id of ['a', 'b', 'a']) encoder.add(id);
    expect(() => encoder.add('c')).toThrow('more than 2 distinct users or items; the next one is "c"');
  });
});
