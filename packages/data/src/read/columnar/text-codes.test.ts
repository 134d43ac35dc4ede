import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPackedTexts } from './pack-column.js';
import { TextCodes } from './text-codes.js';

const utf8 = new TextEncoder();

it('gives equal texts one code, and numbers them by rows', () => {
  const codes = new TextCodes();
  const [b, a] = [codes.codeOf(utf8.encode('b')), codes.codeOf(utf8.encode('a'))]; // a dictionary, in its order
  expect(codes.pack([a, b, a])).toEqual({ first: 0, texts: ['a', 'b'], codes: Int32Array.of(0, 1, 0) });
  const c = codes.codeOf(utf8.encode('ç'));
  expect(codes.codeOf(utf8.encode('a'))).toBe(a);
  expect(codes.pack([c, a])).toEqual({ first: 2, texts: ['ç'], codes: Int32Array.of(2, 0) });
});

it('keeps all values, block after block', () => {
  const value = fc.oneof(fc.string({ maxLength: 3 }), fc.constant(null), fc.constant(Uint8Array.of(0xff, 1)));
  fc.assert(
    fc.property(fc.array(fc.array(value, { maxLength: 20 }), { maxLength: 5 }), (blocks) => {
      const codes = new TextCodes();
      const texts: string[] = [];
      for (const block of blocks) {
        const column = codes.pack(
          block.map((value) =>
            value === null ? null : codes.codeOf(typeof value === 'string' ? utf8.encode(value) : value),
          ),
        );
        if (isPackedTexts(column)) texts.push(...column.texts);
        expect(isPackedTexts(column) ? Array.from(column.codes, (code) => texts[code]) : column).toEqual(block);
      }
    }),
  );
});

it('finds each of many texts again', () => {
  const codes = new TextCodes();
  const texts = Array.from({ length: 20_000 }, (_, i) => utf8.encode(`user ${i}`));
  expect(texts.map((text) => codes.codeOf(text))).toEqual([...texts.keys()]);
  expect(texts.map((text) => codes.codeOf(text))).toEqual([...texts.keys()]);
});
