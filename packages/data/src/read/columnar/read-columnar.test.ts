import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as aq from 'arquero';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { readInteractions } from '../../index.js';
import { read, rowsOf } from '../test-read.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-columnar-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('readInteractions', () => {
  const times = Array.from({ length: 250 }, (_, i) => i + 0.5);
  const table = {
    user: times.map((_, i) => `user-${i % 7}`),
    movieId: times.map((_, i) => 100 + (i % 40)),
    rating: times.map(() => 3),
    timestamp: times,
  };
  const tableRows = times.map((timestamp, i) => ({ user: table.user[i], item: table.movieId[i], timestamp }));

  it('reads Parquet, of several row groups, from a path, a stream and gzip', async () => {
    const path = join(root, 'a.parquet');
    const columnData = Object.entries(table).map(([name, data]) => ({ name, data }));
    writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 100 })));
    expect((await readInteractions(path)).table.objects()).toEqual(tableRows);
    const bytes = readFileSync(path);
    expect(await rowsOf(bytes, {}, 1000)).toEqual(tableRows);
    expect(await rowsOf(gzipSync(bytes))).toEqual(tableRows);
    expect((await rowsOf(bytes, { ratings: true }))[249]).toEqual({ ...tableRows[249], rating: 3 });
    const columns = { user: 'user', item: 'movieId', timestamp: false } as const;
    expect((await rowsOf(bytes, { columns }))[0]).toEqual({ user: 'user-0', item: 100 });
    await expect(read(bytes, { columns: { user: 'who', item: 'movieId' } })).rejects.toMatchObject({
      problem: 'input: the table has no column "who"; it has "user", "movieId", "rating", "timestamp".',
      advice: { option: 'columns', purpose: 'to name the columns of your data' },
    });
    await expect(read(bytes.subarray(0, -40))).rejects.toThrow('input: is a damaged or cut-off Parquet file');
    const broken = Buffer.from(bytes).fill(0xff, 10, 200);
    await expect(read(broken)).rejects.toThrow('input: is a damaged or cut-off Parquet file');
  });

  it('reads Parquet of big integers and dates', async () => {
    const columnData = [
      { name: 'user_id', data: [9007199254740993n, 2n] },
      { name: 'item_id', data: ['a', 'b'] },
      { name: 'time', data: [new Date(5), new Date(6)] },
    ];
    expect(await rowsOf(Buffer.from(parquetWriteBuffer({ columnData })))).toEqual([
      { user: '9007199254740993', item: 'a', timestamp: 5 },
      { user: '2', item: 'b', timestamp: 6 },
    ]);
  });

  it('reads Arrow, as a file and as a stream', async () => {
    for (const format of ['file', 'stream'] as const) {
      const bytes = Buffer.from(aq.toArrowIPC(aq.table(table), { format })!);
      expect(await rowsOf(bytes, {}, 999)).toEqual(tableRows);
      expect((await rowsOf(bytes, { ratings: true }))[0]).toEqual({ ...tableRows[0], rating: 3 });
      await expect(read(bytes.subarray(0, 300))).rejects.toThrow('input: ');
    }
  });
});
