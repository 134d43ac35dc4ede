import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePythonLiteral } from './python-literal.js';

describe('parsePythonLiteral', () => {
  it.each([
    [
      String.raw`{u'username': u'it\'s', 'text': "it's", 'hours': 0.1, 'early_access': False, 'found': None,}`,
      {
        username: "it's",
        text: "it's",
        hours: 0.1,
        early_access: false,
        found: null,
      },
    ],
    [String.raw`u'\xe9\u65e5\U0001f600\ud83d\ude00\101\0\n\t\\'`, 'é日😀😀A\0\n\t\\'],
    ['[1, -2, 3.5e-2, .5, 7L, +0, 76561198000000001]', [1, -2, 0.035, 0.5, 7, 0, 76561198000000001n]],
    ["(  'a',\t('b',), (), [], {} ) ", ['a', ['b'], [], [], {}]],
    ["{1: True, 'a': {'b': [None]}}", { 1: true, a: { b: [null] } }],
    ["{'a': 1, 'a': 2}", { a: 2 }],
  ])('%s', (text, expected) => {
    expect(parsePythonLiteral(text)).toEqual(expected);
  });

  it('makes no prototype of a key', () => {
    const row = parsePythonLiteral("{'__proto__': {'admin': True}, 'a': 1}") as Record<string, unknown>;
    expect(Object.keys(row)).toEqual(['__proto__', 'a']);
    expect(row.admin).toBeUndefined();
  });

  it.each([
    ["{'a': 1", 'expected "," or "}" at column 8'],
    ["{'a' 1}", 'expected ":" at column 6'],
    ["{'a': }", 'expected a literal at column 7'],
    ["{'a': b()}", 'expected a literal at column 7'],
    ["{'a': __import__('os')}", 'expected a literal at column 7'],
    ["{'a': true}", 'expected a literal at column 7'],
    ["{'a': Truely}", 'expected a literal at column 7'],
    ["{'a': 1 + 1}", 'expected "," or "}" at column 9'],
    ["{'a': 012}", 'expected a literal at column 7'],
    ['{[1]: 2}', 'expected a string or number as a key at column 5'],
    ["{'a': b'x'}", 'expected a literal at column 7'],
    ["'a' 'b'", 'unexpected text after the literal at column 5'],
    ["'a", 'unterminated string at column 3'],
    [String.raw`'\q'`, 'unknown escape at column 2'],
    [String.raw`'\xg0'`, 'unknown escape at column 2'],
    [String.raw`'\U00110000'`, 'not a Unicode character at column 2'],
    ['', 'unexpected end at column 1'],
    ['['.repeat(200_000), 'brackets nested more than 100 deep at column 102'],
  ])('refuses %j', (text, message) => {
    expect(() => parsePythonLiteral(text)).toThrow(message);
  });

  it('gives back what repr has written (property)', () => {
    const text = fc.string({ unit: 'grapheme' });
    const literal = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('dict'),
      ),
      list: fc.array(tie('value')),
      dict: fc.dictionary(text, tie('value')),
    })).value;
    fc.assert(
      fc.property(literal, (value) => {
        expect(parsePythonLiteral(repr(value))).toEqual(value);
      }),
    );
  });
});

const repr = (value: unknown): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Object.is(value, -0)) return '-0.0';
  if (typeof value === 'number') return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
  if (typeof value === 'string') return reprOfText(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${Object.entries(value as object)
    .map(([key, own]) => `${repr(key)}: ${repr(own)}`)
    .join(', ')}}`;
};

/** Python 2 on unicode: double quotes around a text with single ones alone, and nothing beyond ASCII. */
const reprOfText = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from({ length: text.length }, (_, i) => {
    const code = text.charCodeAt(i);
    if (text[i] === quote || text[i] === '\\') return `\\${text[i]}`;
    if (code >= 32 && code < 127) return text[i];
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `u${quote}${escaped.join('')}${quote}`;
};
