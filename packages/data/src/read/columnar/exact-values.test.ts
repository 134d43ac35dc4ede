import { Readable } from 'node:stream';
import {
  binary,
  columnFromArray,
  type DataType,
  decimal,
  dictionary,
  fixedSizeBinary,
  int64,
  largeUtf8,
  list,
  tableFromColumns,
  tableToIPC,
  uint64,
  utf8,
} from '@uwdata/flechette';
import fc from 'fast-check';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { readHistories } from '../../index.js';
import { read } from '../test-read.js';
import { bigEndianInteger, decimalText } from './exact-values.js';

type Schema = NonNullable<Parameters<typeof parquetWrite>[0]['schema']>;

/** Returns a Parquet file with a column of one type and, where told, a list of it. */
const parquetOf = (name: string, data: unknown[], element: Partial<Schema[number]>, isList = false): Buffer => {
  const writer = new ByteWriter();
  const leaf = { repetition_type: 'OPTIONAL', ...element } as const;
  const column: Schema = isList
    ? [
        { name, num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { ...leaf, name: 'element' },
      ]
    : [{ ...leaf, name }];
  const items = data.map((_, i) => `item-${i}`);
  parquetWrite({
    writer,
    columnData: [
      { name, data },
      { name: 'item', data: items },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      ...column,
      { name: 'item', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    ],
    statistics: false,
  });
  return Buffer.from(writer.getBuffer());
};

const arrowOf = (data: unknown[], type: DataType): Buffer => {
  const user = columnFromArray(data, type);
  const item = columnFromArray(
    data.map((_, i) => `item-${i}`),
    utf8(),
  );
  return Buffer.from(tableToIPC(tableFromColumns({ user, item }), { format: 'file' })!);
};

const usersOf = async (file: Buffer) =>
  (await read(file, { columns: { timestamp: false } })).table.objects().map((row) => (row as { user: unknown }).user);

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const [big, bigger] = [9007199254740992n, 9007199254740993n];
const fixed = (length: number) => ({ type: 'FIXED_LEN_BYTE_ARRAY', type_length: length }) as const;
const money = { converted_type: 'DECIMAL', precision: 38, scale: 2 } as const;

describe('ids of Parquet', () => {
  it.each<[string, unknown[], Partial<Schema[number]>, unknown[]]>([
    [
      'decimals of 128 bits',
      [big, bigger, -5n],
      { ...fixed(16), converted_type: 'DECIMAL', precision: 38, scale: 0 },
      ['9007199254740992', '9007199254740993', '-5'],
    ],
    [
      'decimals of 256 bits',
      [10n ** 60n, 10n ** 60n + 1n, -1n],
      { ...fixed(32), converted_type: 'DECIMAL', precision: 76, scale: 3 },
      [`1${'0'.repeat(57)}.000`, `1${'0'.repeat(57)}.001`, '-0.001'],
    ],
    ['decimals in INT32', [330n, -5n], { type: 'INT32', ...money, precision: 9 }, ['3.30', '-0.05']],
    [
      'decimals in INT64',
      [big, bigger],
      { type: 'INT64', ...money, precision: 18 },
      ['90071992547409.92', '90071992547409.93'],
    ],
    ['64-bit integers', [2n ** 63n - 1n, bigger], { type: 'INT64' }, ['9223372036854775807', '9007199254740993']],
    [
      'unsigned 64-bit integers',
      [2n ** 64n - 1n, 2n ** 63n],
      { type: 'INT64', converted_type: 'UINT_64' },
      ['18446744073709551615', '9223372036854775808'],
    ],
    ['bytes of a fixed length', [bytes('ff00'), bytes('fe00')], fixed(2), ['ff00', 'fe00']],
    [
      'UUIDs',
      [bytes('80000000000000000000000000000001'), bytes('80000000000000000000000000000002')],
      { ...fixed(16), logical_type: { type: 'UUID' } },
      ['80000000-0000-0000-0000-000000000001', '80000000-0000-0000-0000-000000000002'],
    ],
    ['text without a type', [bytes('efbbbf78'), bytes('78')], { type: 'BYTE_ARRAY' }, ['\ufeffx', 'x']],
    ['text', ['\ufeffx', 'x', 'x\ufeff'], { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, ['\ufeffx', 'x', 'x\ufeff']],
    ['floats', [1, 2.5], { type: 'DOUBLE' }, [1, 2.5]],
  ])('are exact: %s', async (_, data, element, expected) => {
    expect(await usersOf(parquetOf('user', data, element))).toEqual(expected);
    // Repeated values are stored in a dictionary.
    const [repeated, twice] = [data, expected].map((values) => [...values, ...values, ...values, ...values]);
    expect(await usersOf(parquetOf('user', repeated, element))).toEqual(twice);
  });

  it.each<[string, unknown[], Partial<Schema[number]>, string]>([
    [
      'bytes that are not UTF-8',
      [bytes('ff'.repeat(16)), bytes('fe'.repeat(16))],
      { type: 'BYTE_ARRAY' },
      'binary data',
    ],
    [
      'text that is not UTF-8',
      [bytes('ff'), bytes('fe')],
      { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      'binary data',
    ],
    ['booleans', [true, false], { type: 'BOOLEAN' }, 'true'],
  ])('are refused: %s', async (_, data, element, shown) => {
    await expect(usersOf(parquetOf('user', data, element))).rejects.toMatchObject({
      name: 'DataError',
      problem: expect.stringContaining(`input:1: user is ${shown}, not an id`),
    });
  });

  it('are refused in lists', async () => {
    const file = parquetOf('user', [[1n], [2n ** 60n]], { type: 'INT64' }, true);
    await expect(usersOf(file)).rejects.toMatchObject({
      name: 'DataError',
      problem: 'input:1: user is a list, not an id.',
    });
  });

  it('are exact in histories', async () => {
    const file = parquetOf('history', [[big, bigger]], { ...fixed(16), ...money }, true);
    const lines = [];
    for await (const line of readHistories(Readable.from([file]))) lines.push(line);
    expect(lines).toEqual([{ number: 1, history: ['90071992547409.92', '90071992547409.93'] }]);
  });
});

describe('ids of Arrow', () => {
  it.each<[string, unknown[], DataType, unknown[]]>([
    [
      'decimals of 128 bits',
      [big, bigger, -5n],
      decimal(38, 2, 128),
      ['90071992547409.92', '90071992547409.93', '-0.05'],
    ],
    [
      'decimals of 256 bits',
      [10n ** 60n, 10n ** 60n + 1n],
      decimal(76, 0, 256),
      [`1${'0'.repeat(60)}`, `1${'0'.repeat(59)}1`],
    ],
    ['64-bit integers', [2n ** 63n - 1n, bigger, 5n], int64(), ['9223372036854775807', '9007199254740993', 5]],
    ['unsigned 64-bit integers', [2n ** 64n - 1n, 5n], uint64(), ['18446744073709551615', 5]],
    ['bytes of a fixed length', [bytes('ff00'), bytes('fe00')], fixedSizeBinary(2), ['ff00', 'fe00']],
    ['bytes that are UTF-8', [bytes('efbbbf78'), bytes('78')], binary(), ['\ufeffx', 'x']],
    ['text', ['\ufeffx', 'x'], utf8(), ['\ufeffx', 'x']],
    ['large text', ['\ufeffx', 'x'], largeUtf8(), ['\ufeffx', 'x']],
    ['a dictionary of text', ['\ufeffx', 'x', '\ufeffx'], dictionary(utf8()), ['\ufeffx', 'x', '\ufeffx']],
    [
      'a dictionary of decimals',
      [big, bigger, big],
      dictionary(decimal(38, 0, 128)),
      ['9007199254740992', '9007199254740993', '9007199254740992'],
    ],
  ])('are exact: %s', async (_, data, type, expected) => {
    expect(await usersOf(arrowOf(data, type))).toEqual(expected);
  });

  it.each<[string, unknown[], DataType, string]>([
    ['bytes that are not UTF-8', [bytes('ff'), bytes('fe')], binary(), 'input:1: user is binary data, not an id'],
    ['lists', [[1n], [2n ** 60n]], list(int64()), 'input:1: user is a list, not an id'],
    ['null', ['a', null], utf8(), 'input:2: user is null, not an id'],
    ['null in a dictionary', ['a', null], dictionary(utf8()), 'input:2: user is null, not an id'],
  ])('are refused: %s', async (_, data, type, problem) => {
    await expect(usersOf(arrowOf(data, type))).rejects.toThrow(problem);
  });
});

describe('decimalText', () => {
  it('is as exact as the integer and the scale (property)', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 40 }), (unscaled, scale) => {
        const [whole, decimals = ''] = decimalText(unscaled, scale).split('.');
        expect(decimals).toHaveLength(scale);
        expect(BigInt(whole + decimals)).toBe(unscaled);
      }),
    );
    expect(decimalText(12n, -2)).toBe('1200');
  });
});

describe('bigEndianInteger', () => {
  it('is signed, and reads any number of bytes', () => {
    expect(['', '7f', 'ff', '0100', '80'.padEnd(32, '0')].map((hex) => bigEndianInteger(bytes(hex)))).toEqual([
      0n,
      127n,
      -1n,
      256n,
      -(2n ** 127n),
    ]);
  });
});
