import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { HSTU } from '@recsys/hstu';
import { selectBackend } from '@recsys/model';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { itemVectors, userVectors } from './index.js';
import { exportItemVectors, exportVectors } from './node.js';
import { ids, randomModel } from './test-models.js';

await selectBackend();
const folder = mkdtempSync(join(tmpdir(), 'recsys-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const model = randomModel({ similarity: 'cosine' });
const vectors = itemVectors(model);
const rows = Array.from(ids, (_, row) => Array.from(vectors.values.subarray(row * 12, (row + 1) * 12)));

describe('item and user vectors', () => {
  it('give the scores of recommend as dot products', () => {
    const users = userVectors(model, [
      ['anna', [ids[3], 'unknown', ids[8]]],
      ['nobody', ['unknown']],
      ['ben', ids.slice(0, 30)],
    ]);
    expect(users.ids).toEqual(['anna', 'ben']);
    const own = [[ids[3], ids[8]], ids.slice(0, 30)].map((history) => model.recommend(history, { k: 5 }));
    own.forEach((list, user) => {
      for (const { item, score } of list) {
        const vector = rows[vectors.ids.indexOf(item)];
        const dot = vector.reduce((sum, value, i) => sum + value * users.values[user * 12 + i], 0);
        expect(Math.abs(dot - score)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score)));
      }
    });
  });

  it('are read from Parquet by DuckDB and hyparquet, to the bit', async () => {
    const path = join(folder, 'items.parquet');
    expect(await exportItemVectors(model, path)).toEqual([path]);
    const connection = await (await DuckDBInstance.create()).connect();
    const columns = await connection.runAndReadAll(`describe select * from '${path}'`);
    expect(columns.getRows().map(([name, type]) => [name, type])).toEqual([
      ['id', 'VARCHAR'],
      ['vector', 'FLOAT[]'],
    ]);
    const read = (await connection.runAndReadAll(`select id, vector from '${path}'`)).getRowsJson();
    expect(read).toEqual(ids.map((id, row) => [id, rows[row]]));
    connection.closeSync();
    const objects = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    expect(objects).toEqual(ids.map((id, row) => ({ id, vector: rows[row] })));
  });

  it('are written as .npy and fvecs, with their ids beside them', async () => {
    const [npy, ofNpy] = await exportVectors(vectors, join(folder, 'items.npy'));
    const file = readFileSync(npy);
    const header = file.subarray(10, 10 + file.readUInt16LE(8)).toString();
    expect(file.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(40, 12\), \} *\n$/);
    expect((10 + header.length) % 64).toBe(0);
    expect(new Float32Array(Uint8Array.from(file.subarray(10 + header.length)).buffer)).toEqual(vectors.values);
    expect(JSON.parse(readFileSync(ofNpy, 'utf8'))).toEqual(ids);

    const [fvecs] = await exportVectors(vectors, join(folder, 'items.fvecs'));
    const words = readFileSync(fvecs);
    expect(words.length).toBe(40 * 13 * 4);
    rows.forEach((row, i) => {
      expect(words.readInt32LE(i * 52)).toBe(12);
      expect(row.map((_, j) => words.readFloatLE(i * 52 + 4 + 4 * j))).toEqual(row);
    });
  });

  it('refuse other extensions, a folder that is not there, and models without such vectors', async () => {
    await expect(exportVectors(vectors, 'items.csv')).rejects.toThrow(
      'exportVectors: the file must end in .parquet, .npy or .fvecs, got "items.csv"',
    );
    for (const name of ['a.parquet', 'a.npy'])
      await expect(exportVectors(vectors, join(folder, 'none', name))).rejects.toMatchObject({ code: 'cannot-write' });
    const hstu = new HSTU({ catalog: model.config.catalog, hiddenUnits: 4 });
    expect(() => userVectors(hstu, [])).toThrow('userVectors: a HSTU uses times');
    expect(itemVectors(hstu).units).toBe(4);
    const scored = Object.assign(Object.create(hstu), { scores: () => undefined });
    expect(() => itemVectors(scored)).toThrow('has scores of its own');
  });
});
