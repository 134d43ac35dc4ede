import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from './exact-json.js';

const isLong = (value: unknown) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && String(value).length >= 16;

describe('parseExactJson', () => {
  it.each([
    ['1234567890123456789', '1234567890123456789'],
    ['-9007199254740993', '-9007199254740993'],
    ['1700000000.123456789', '1700000000.123456789'],
    ['1234567890123456800', '1234567890123456800'],
    ['5.00000000000000001', '5.00000000000000001'],
    ['9007199254740991', 9007199254740991],
    ['1700000000000000', 1700000000000000],
    ['0.30000000000000004', 0.30000000000000004],
    ['1.0', 1],
    ['1e22', 1e22],
  ])('reads %s as %j', (text, expected) => {
    expect(parseExactJson(text)).toBe(expected);
    expect(parseExactJson(`{"a": [${text}, "1234567890123456789"]}`)).toEqual({ a: [expected, '1234567890123456789'] });
  });

  it('is JSON.parse for all other values (property)', () => {
    const value = fc.jsonValue().map((json) => ({ json, long: 'x1234567890123456789' }));
    fc.assert(
      fc.property(value, (json) => {
        const text = JSON.stringify(json);
        const expected = JSON.parse(text, (_, value) => (isLong(value) ? String(value) : value));
        expect(parseExactJson(text)).toEqual(expected);
      }),
    );
  });

  it('takes the last of two equal keys, as JSON.parse does, and refuses what JSON.parse refuses', () => {
    expect(parseExactJson('{"a":1,"a":12345678901234567890}')).toEqual({ a: '12345678901234567890' });
    for (const text of [
      '{12345678901234567890: 1}',
      '012345678901234567890',
      '12345678901234567890.',
      '[12345678901234567890,]',
    ])
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });
});
