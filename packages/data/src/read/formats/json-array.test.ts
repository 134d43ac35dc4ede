import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read, rowsOf } from '../test-read.js';
import { elementsOf } from './json-array.js';

/** Returns the elements of text that comes in pieces of a size. */
const elements = async (text: string, size = 7): Promise<string[]> => {
  async function* pieces() {
    for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
  }
  const all: string[] = [];
  for await (const some of elementsOf('input', pieces())) all.push(...some);
  return all;
};

describe('elementsOf', () => {
  it('yields the elements of any array, in pieces of any size (property)', async () => {
    const arrays = fc.array(fc.jsonValue(), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(arrays, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 2), async (array, size, indent) => {
        const text = ` ${JSON.stringify(array, null, indent)}\n`;
        const found = await elements(text, size);
        expect(found.map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"a":1}', 'input: is not a JSON array of objects'],
    ['x [{"a":1}]', 'input: is not a JSON array of objects'],
    ['"a"', 'input: is not a JSON array of objects'],
    ['[{"a":1}', 'input: ends within the JSON array; it is cut off'],
    ['[{"a":"]', 'input: ends within the JSON array; it is cut off'],
    ['[{"a":1}]\n[]', 'input: has text after the end of the JSON array'],
  ])('refuses %j', async (text, message) => {
    for (const size of [1, 5, 100]) await expect(elements(text, size)).rejects.toThrow(message);
  });
});

describe('readInteractions of a JSON array', () => {
  const rows = [
    { user: 'a', item: 'x', timestamp: 5, rating: 4.5 },
    { user: 'b"]},{\\', item: '{', timestamp: 6, rating: 1 },
  ];

  it.each([0, 2])('detects it, indented by %d, and reads ratings', async (indent) => {
    const text = JSON.stringify(rows, null, indent);
    const withRatings = await rowsOf(text, { ratings: true }, 10);
    expect(withRatings).toEqual(rows);
    expect(await rowsOf(text)).toEqual(rows.map(({ rating, ...row }) => row));
    expect(await rowsOf(text.replace('[', '[\n'))).toHaveLength(2);
  });

  it('keeps 64-bit integers', async () => {
    expect(await rowsOf('[{"user":1234567890123456789,"item":1},{"user":1234567890123456788,"item":1}]')).toEqual([
      { user: '1234567890123456789', item: 1 },
      { user: '1234567890123456788', item: 1 },
    ]);
  });

  it.each([
    ['[{"user":1,"item":2},{"user":1}]', 'input:2: item is missing, not an id'],
    ['[{"user":1,"item":2},3]', 'input:2: is not a JSON object'],
    ['[{"user":1,"item":2},{"user":1 "item":2}]', 'input:2: is not a JSON object: Expected'],
    ['[{"user":1,"item":2},]', 'input:2: is not a JSON object: Unexpected end'],
  ])('refuses %s with the number of the object, or skips and counts it', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    expect(await read(text, { onError: 'skip' })).toMatchObject({ size: 1, skipped: 1 });
  });

  it.each([
    [
      '{\n  "rows": [\n    {"user": 1, "item": 2}\n  ]\n}',
      'input:1: is an object over several lines; write the rows as',
    ],
    [
      '{"rows":[{"user":1,"item":2}],"total":1}',
      'input:1: is an object with a list of objects in "rows"; write the rows',
    ],
    ['[]', 'input: has no interactions'],
    ['[{"user":1,"item":2}', 'input: ends within the JSON array; it is cut off'],
  ])('refuses %j', async (text, message) => {
    await expect(read(text, { onError: 'skip' })).rejects.toThrow(message);
  });

  it('reads an array of any size a part at a time, and refuses an element without an end', async () => {
    const row = `{"user":"${'a'.repeat(50)}","item":"b"},\n`;
    const { size } = await read(`[${row.repeat(300_000)}{"user":"c","item":"d"}]`);
    expect(size).toBe(300_001);
    await expect(read(`[{"user":"${'a'.repeat(17 * 2 ** 20)}`)).rejects.toMatchObject({ code: 'line-too-long' });
  });
});
