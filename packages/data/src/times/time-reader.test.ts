import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Instant, isLikelyTime, TimeReader } from './time-reader.js';

const day = Date.UTC(2026, 9, 1);
const timeOf = (value: unknown) => {
  const reader = new TimeReader();
  const problem = reader.read(value);
  return problem ?? reader.time;
};
/** Returns the kind of some times, or what is wrong with the first that is bad. */
const kindOf = (...values: unknown[]) => {
  const reader = new TimeReader();
  reader.column = 'at';
  for (const value of values) {
    const problem = reader.read(value);
    if (problem !== undefined) return problem;
  }
  return reader.order.kind;
};

describe('TimeReader', () => {
  it.each([
    ['2026-10-01', day],
    ['2026-10-01T10', day + 36e5 * 10],
    ['2026-10-01T10:00', day + 36e5 * 10],
    ['2026-10-01 10:00:30', day + 36e5 * 10 + 30_000],
    ['2026-10-01T10:00:30Z', day + 36e5 * 10 + 30_000],
    ['2026-10-01t10:00:30z', day + 36e5 * 10 + 30_000],
    ['2026-10-01 10:00:30 UTC', day + 36e5 * 10 + 30_000],
    ['2026-10-01T10:00:30.25Z', day + 36e5 * 10 + 30_250],
    ['2026-10-01T10:00:30,25', day + 36e5 * 10 + 30_250],
    ['2026-10-01T10:00:30.123456+00:00', day + 36e5 * 10 + 30_123.456],
    ['2026-10-01T10:00:30+02:00', day + 36e5 * 8 + 30_000],
    ['2026-10-01T10:00:30+0200', day + 36e5 * 8 + 30_000],
    ['2026-10-01 10:00:30 -02', day + 36e5 * 12 + 30_000],
    ['2026-10-01T10:00-05:30', day + 36e5 * 15.5],
    ['20261001T100030Z', day + 36e5 * 10 + 30_000],
    ['20261001T100030.5+0200', day + 36e5 * 8 + 30_500],
    [' 2026-10-01 ', day],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2000-02-29', Date.UTC(2000, 1, 29)],
    ['1969-12-31T23:59:59.5Z', -500],
    ['0001-01-01', Date.parse('0001-01-01')],
    ['978300760', 978300760],
    ['-5', -5],
    ['6.5', 6.5],
    ['1.5e9', 1.5e9],
    [7, 7],
    [7n, 7],
    [new Date(5), 5],
    [new Instant(-1_500_000n), -1.5],
    [new Instant(1_700_000_000_123_456_000n), 1_700_000_000_123.456],
  ])('reads %s', (value, expected) => expect(timeOf(value)).toBe(expected));

  it.each([
    ...['2026-02-29', '1900-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2026-10-01T24:00', '2026-10-01T10:60'],
    ...['2026-10-01T10:00:60Z', '2026-10-01T10:00+24:00', '20261301T100000Z', '2026-10-01T10:00+02:60'],
  ])('refuses %s, which does not exist', (text) => expect(timeOf(text)).toBe('is a day or time that does not exist'));

  it.each(['10/01/2026', '1/10/26 8:26', '01.10.2026', '01-10-2026 10:00'])(
    'refuses %s, where the day may be the month',
    (text) => expect(timeOf(text)).toContain('which of its numbers is the day and which the month: write ISO 8601'),
  );

  it.each([
    ...[
      '',
      ' ',
      'noon',
      '10:00:00',
      '2026-10',
      '2026-10-1',
      '2026-10-01T10:00:00Zz',
      '1_000',
      '0x10',
      'Infinity',
      '1e999',
    ],
    ...[Number.NaN, Number.POSITIVE_INFINITY, null, undefined, true, {}, [1], new Date(Number.NaN)],
  ])('refuses %j', (value) => expect(timeOf(value)).toMatch(/^is not a time: write ISO 8601, such as/));

  it('reads what toISOString writes, to the millisecond (property)', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(timeOf(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it.each([
    ['epoch-seconds', '978300760', '1700000000'],
    ['epoch-milliseconds', '978300760000', 1_700_000_000_000],
    ['epoch-microseconds', '978300760000000', 1_700_000_000_000_000n],
    ['epoch-nanoseconds', '978300760000000001', 1_700_000_000_000_000_001n],
    ['iso-8601', '2026-10-01', '2026-10-01T10:00:00Z'],
    ['date', new Date(5), new Date(6)],
    ['number', '1', '2'],
    ['number', 0, '1700000000'],
    ['number', '1700000000', '3'],
  ])('tells %s', (kind, ...values) => expect(kindOf(...values)).toBe(kind));

  it.each([
    [['2026-10-01', '1700000000'], 'is a number, but earlier times are ISO 8601: write all times in one way'],
    [['1700000000', '2026-10-01'], 'is ISO 8601, but earlier times are numbers'],
    [[7, new Date(5)], 'is a date, but earlier times are numbers'],
    [
      ['1700000000', '1700000000000'],
      'looks like milliseconds since 1970, but earlier times look like seconds: write all in one unit, or as ISO 8601',
    ],
    [[1_700_000_000_000_000, 1_700_000_000], 'looks like seconds since 1970, but earlier times look like microseconds'],
  ])('refuses %j, which are not of one kind', (values, message) => expect(kindOf(...values)).toContain(message));

  it('keeps the order of times that are finer than a double (property)', () => {
    const nanoseconds = fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_000_000_000_003_000n });
    const shapes: ((n: bigint) => unknown)[] = [
      (n) => n,
      String,
      (n) => new Instant(n),
      (n) => `2023-11-14T22:13:20.${String(n).slice(10).replace(/0+$/, '') || '0'}Z`,
      (n) => `${String(n).slice(0, 10)}.${String(n).slice(10).replace(/0+$/, '') || '0'}`,
    ];
    fc.assert(
      fc.property(nanoseconds, nanoseconds, fc.constantFrom(...shapes), (a, b, shape) => {
        const reader = new TimeReader();
        reader.read(shape(a));
        const [time, rest] = [reader.time, reader.rest];
        reader.read(shape(b));
        expect(Math.sign(time - reader.time || rest - reader.rest)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isLikelyTime', () => {
  it.each([
    '2026-10-01',
    '2026-10-01 10:00:00',
    new Date(),
    '1700000000',
    1_700_000_000_000,
    1_700_000_000_000_000_000n,
  ])('takes %s for a time', (value) => expect(isLikelyTime(value)).toBe(true));
  it.each(['4', 4.5, '', 'x', null, 20261001, '5012345678900', 123456789])('takes %s for something else', (value) =>
    expect(isLikelyTime(value)).toBe(false),
  );
});
