import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberColumnBuilder } from './number-column.js';

const columnOf = (numbers: readonly number[]) => {
  const builder = new NumberColumnBuilder();
  for (const number of numbers) builder.add(number);
  return builder.values();
};

describe('NumberColumnBuilder', () => {
  it('keeps integers of 32 bits in 4 bytes each, to both ends of their range', () => {
    const column = columnOf([0, 2 ** 31 - 1, -(2 ** 31)]);
    expect(column).toEqual(Int32Array.of(0, 2 ** 31 - 1, -(2 ** 31)));
  });

  it.each([0.5, -0, 2 ** 31, -(2 ** 31) - 1, 1_500_000_000_000])('makes room for %s wherever it comes', (wide) => {
    for (const place of [0, 1, 1023, 1024, 1025, 3000]) {
      const numbers = Array.from({ length: 3001 }, (_, i) => (i === place ? wide : i));
      expect(columnOf(numbers)).toEqual(Float64Array.from(numbers));
    }
  });

  it('holds any numbers exactly', () => {
    const number = fc.oneof(fc.integer(), fc.double());
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        expect([...columnOf(numbers)]).toEqual(numbers);
      }),
    );
  });
});
