import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPackedTexts, KnownTexts, lengthOf, packColumn } from './pack-column.js';

const unpacked = (values: readonly unknown[], isTime: boolean): unknown[] => {
  const column = packColumn(values, isTime);
  const texts = new KnownTexts();
  if (isPackedTexts(column)) texts.add(column);
  return Array.from({ length: lengthOf(column) }, (_, i) => texts.valueAt(column, i));
};

describe('packColumn', () => {
  it('keeps all values', () => {
    const value = fc.oneof(fc.string({ maxLength: 2 }), fc.integer(), fc.bigInt(), fc.constantFrom(null, undefined));
    fc.assert(
      fc.property(fc.array(value), (values) => {
        expect(unpacked(values, false)).toEqual(values);
      }),
    );
  });

  it('has each text once', () => {
    const column = packColumn(['b', 'a', 'b', ''], false);
    expect(column).toEqual({ first: 0, texts: ['b', 'a', ''], codes: Int32Array.of(0, 1, 0, 2) });
    expect(isPackedTexts(packColumn(['b', null], false))).toBe(false);
  });

  it('makes numbers of times where that is exact, and not of ids', () => {
    expect(packColumn([5n, 7, 0.5], true)).toEqual(Float64Array.of(5, 7, 0.5));
    expect(unpacked([2n ** 53n, 7n], true)).toEqual([2n ** 53n, 7n]);
    expect(unpacked([5n], false)).toEqual([5n]);
    expect(unpacked([new Date(0)], true)).toEqual([new Date(0)]);
  });
});
