import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError, type HistoryLine, Rng, readHistories } from '../index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-histories-'));
afterAll(() => rmSync(root, { recursive: true }));

const path = join(root, 'histories.jsonl');
const read = async (content: string | Uint8Array, options?: Parameters<typeof readHistories>[1]) => {
  writeFileSync(path, content);
  const lines: HistoryLine[] = [];
  for await (const line of readHistories(path, options)) lines.push(line);
  return lines;
};

describe('readHistories', () => {
  const text = '["a",1]\r\n{"history":["b"],"id":7}\n{"user":"u","history":["\u2028é"]}';
  const expected = [
    { number: 1, history: ['a', 1] },
    { number: 2, history: ['b'], name: { id: 7 } },
    { number: 3, history: ['\u2028é'], name: { user: 'u' } },
  ];

  it('yields a history for each line, from any line on, of text and gzip', async () => {
    expect(await read(text)).toEqual(expected);
    expect(await read(`${text}\n`, { skip: 1 })).toEqual(expected.slice(1));
    expect(await read(gzipSync(text), { skip: 2 })).toEqual(expected.slice(2));
    expect(await read(text, { skip: 3 })).toEqual([]);
  });

  it('keeps integers beyond 2^53 exact, as text', async () => {
    expect(await read('{"user":1234567890123456789,"history":[9007199254740993,7]}\n')).toEqual([
      { number: 1, history: ['9007199254740993', 7], name: { user: '1234567890123456789' } },
    ]);
  });

  it('puts lines together that come in pieces', async () => {
    const long = Array.from({ length: 300_000 }, (_, i) => `item-${i}`);
    const lines = await read(`${JSON.stringify(long)}\n["b"]\n`);
    expect(lines).toEqual([
      { number: 1, history: long },
      { number: 2, history: ['b'] },
    ]);
  });

  const writeParquet = (histories: readonly (string[] | null)[], rowGroupSize: number) =>
    parquetWriteFile({
      filename: path,
      rowGroupSize,
      schema: [
        { name: 'root', num_children: 3 },
        { name: 'user', type: 'INT64', repetition_type: 'REQUIRED' },
        { name: 'age', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'history', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', repetition_type: 'OPTIONAL', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      ],
      columnData: [
        { name: 'user', data: histories.map((_, row) => (row === 1 ? 2n ** 60n : BigInt(row + 1))) },
        { name: 'age', data: histories.map((_, row) => row) },
        { name: 'history', data: [...histories] },
      ],
    });

  it('yields the rows of Parquet, from any row on', async () => {
    writeParquet([['a', 'b'], ['c'], [], ['d'], null], 2);
    const progress: number[][] = [];
    const lines: HistoryLine[] = [];
    for await (const line of readHistories(path, { onProgress: (...rows) => progress.push(rows) })) lines.push(line);
    const bad = expect.stringContaining('must be a non-empty array of items');
    expect(lines).toEqual([
      { number: 1, history: ['a', 'b'], name: { user: 1 } },
      { number: 2, history: ['c'], name: { user: '1152921504606846976' } },
      { number: 3, reason: bad },
      { number: 4, history: ['d'], name: { user: 4 } },
      { number: 5, reason: bad },
    ]);
    expect(progress).toEqual([
      [2, 5],
      [4, 5],
      [5, 5],
    ]);
    const rest: HistoryLine[] = [];
    for await (const line of readHistories(path, { skip: 3 })) rest.push(line);
    expect(rest).toEqual(lines.slice(3));
  });

  it('yields the rows of Parquet whose row groups are larger than what is decoded at once', async () => {
    const histories = Array.from({ length: 10_000 }, (_, i) => [`item-${i}`]);
    writeParquet(histories, 6000);
    for (const skip of [0, 5000, 8000]) {
      const numbers: number[] = [];
      for await (const line of readHistories(path, { skip })) {
        expect(line).toMatchObject({ history: histories[line.number - 1] });
        numbers.push(line.number);
      }
      expect(numbers).toEqual(Array.from({ length: 10_000 - skip }, (_, i) => skip + i + 1));
    }
  });

  it('damaged Parquet is refused, or read, and takes nothing with it', async () => {
    writeParquet(
      Array.from({ length: 50 }, (_, i) => [`item-${i % 7}`, `item-${i % 5}`]),
      20,
    );
    const whole = readFileSync(path);
    const rng = new Rng(5);
    const refused: unknown[] = [];
    for (let i = 0; i < 30; i++) {
      const damaged = Buffer.from(whole);
      damaged[rng.below(damaged.length)] ^= 1 << rng.below(8);
      await read(damaged).catch((error) => refused.push(error));
    }
    expect(refused.length).toBeGreaterThan(5);
    for (const error of refused) expect(error).toBeInstanceOf(DataError);
  }, 60_000);

  it.each([
    ['{"history":', 'is not JSON: '],
    ['', 'is not JSON: '],
    ['3', 'must be a non-empty array of items, or { "history": [...] }, got 3'],
    ['null', 'must be a non-empty array of items'],
    ['[]', 'must be a non-empty array of items'],
    ['{"items":["a"]}', 'must be a non-empty array of items'],
    ['["a",null]', 'must be a non-empty array of items'],
    ['{"id":{},"history":["a"]}', 'id must be a string or a number, got an object'],
    ['["a",1e22]', 'an item is an integer beyond 2^53, which was rounded to 1e+22'],
    ['{"id":1e22,"history":["a"]}', 'id is an integer beyond 2^53'],
    ['{"user":null,"history":["a"]}', 'user must be a string or a number, got null'],
  ])('says what is wrong with %j, and continues', async (line, reason) => {
    const [first, second, third] = await read(`["a"]\n${line}\n["b"]\n`);
    expect(first).toEqual({ number: 1, history: ['a'] });
    expect(second).toEqual({ number: 2, reason: expect.stringContaining(reason) });
    expect(third).toEqual({ number: 3, history: ['b'] });
  });

  it('refuses what cannot be read', async () => {
    await expect(read(gzipSync(text).subarray(0, 40))).rejects.toThrow('is a damaged or cut-off gzip');
    await expect(read(Buffer.from([0x5b, 0xff, 0x0a]))).rejects.toThrow('is not valid UTF-8 at or after line 1');
    await expect(read('PAR1 and no more')).rejects.toThrow('is a damaged or cut-off Parquet file');
    parquetWriteFile({ filename: path, columnData: [{ name: 'items', data: ['a'] }] });
    await expect(readHistories(path).next()).rejects.toThrow('the table has no column "history"; it has "items"');
    await expect(readHistories(join(root, 'none')).next()).rejects.toThrow('none: cannot be read: ENOENT');
  });
});
