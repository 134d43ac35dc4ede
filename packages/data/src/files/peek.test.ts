import { describe, expect, it } from 'vitest';
import { peek } from './peek.js';

const collect = async <T>(values: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
};

describe('peek', () => {
  it.each([
    ['nothing', 1, []],
    ['one value', 1, [1]],
    ['as many as are enough', 3, [1, 2]],
    ['all, where they are not enough', 100, [1, 2, 3, 4]],
  ])('takes %s, and gives all', async (what, enough, expected) => {
    const source = what === 'nothing' ? [] : [1, 2, 3, 4];
    let sum = 0;
    const { first, all } = await peek(source, (value) => {
      sum += value;
      return sum >= enough;
    });
    expect(first).toEqual(expected);
    expect(await collect(all)).toEqual(source);
  });

  it('takes no more than it needs, and closes the source when the reader stops', async () => {
    const taken: number[] = [];
    let isClosed = false;
    async function* source() {
      try {
        for (let i = 1; ; i++) {
          taken.push(i);
          yield i;
        }
      } finally {
        isClosed = true;
      }
    }
    const { all } = await peek(source(), (value) => value === 2);
    expect(taken).toEqual([1, 2]);
    for await (const value of all) if (value === 3) break;
    expect(taken).toEqual([1, 2, 3]);
    expect(isClosed).toBe(true);
  });
});
