import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as aq from 'arquero';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { fromTable, itemIds, toSequences } from '../index.js';
import { featuresOfCatalog, type ItemFeatures, itemFeatures, readItemFeatures } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'recsys-features-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** The sparse features of each item: names of columns and weights, rounded. */
const sparse = ({ ids, offsets, entries, weights, columns }: ItemFeatures) =>
  Object.fromEntries(
    ids.map((id, i) => {
      const own = Array.from({ length: offsets[i + 1] - offsets[i] }, (_, e) => offsets[i] + e);
      const named = own.map((e) => {
        const { feature, value } = columns[entries[e]];
        return [value === undefined ? feature : `${feature}=${value}`, Number(weights[e].toFixed(4))];
      });
      return [id, Object.fromEntries(named)];
    }),
  );

const movies = `movieId,title,genres,year
1,"Heat, the",Action|Crime,1990
2,Clue,Comedy,
3,Nothing,,2000
`;
const options = { categories: ['genres'], numbers: ['year'] };
const expected = {
  1: { 'genres=Action': 0.5, 'genres=Crime': 0.5, year: -1 },
  2: { 'genres=Comedy': 1 },
  3: { year: 1 },
};

describe('readItemFeatures', () => {
  it('reads categories that share a weight of 1, and numbers by mean and deviation', async () => {
    const features = await readItemFeatures(file('movies.csv', movies), options);
    expect(features.ids).toEqual(['1', '2', '3']);
    expect(features.columns).toEqual([
      { feature: 'genres', value: 'Action' },
      { feature: 'genres', value: 'Comedy' },
      { feature: 'genres', value: 'Crime' },
      { feature: 'year', mean: 1995, deviation: 5 },
    ]);
    expect(sparse(features)).toEqual(expected);
    expect(features.dense).toEqual([]);
    expect(structuredClone(features)).toEqual(features);
  });

  it('reads the same from TSV, gzip, JSON lines, a JSON array, Parquet, a stream and rows', async () => {
    const rows = [
      { movieId: '1', genres: ['Action', 'Crime'], year: 1990 },
      { movieId: '2', genres: ['Comedy', 'Comedy'], year: null },
      { movieId: '3', genres: null, year: 2000 },
    ];
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: 'movieId', data: ['1', '2', '3'] },
        { name: 'genres', data: ['Action|Crime', 'Comedy', null], type: 'STRING' },
        { name: 'year', data: [1990, null, 2000], type: 'DOUBLE' },
      ],
    });
    const sources = [
      file('movies.tsv', movies.replace('"Heat, the"', 'Heat').replaceAll(',', '\t')),
      file('movies.csv.gz', gzipSync(movies)),
      file('movies.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')),
      file('movies.json', JSON.stringify(rows, null, 2)),
      file('movies.parquet', new Uint8Array(parquet)),
      Readable.from([Buffer.from(movies)]),
      rows,
    ];
    for (const source of sources) expect(sparse(await readItemFeatures(source, options))).toEqual(expected);
  });

  it('reads vectors from arrays and text, side by side, with zeros where there is none', async () => {
    const csv = 'id,text,image\na,"[1, 2]",0.5 -1 2\nb,,\nc,"[3,4e-1]","1,2,3"\n';
    const { dense, vectors } = await readItemFeatures(file('vectors.csv', csv), { vectors: ['text', 'image'] });
    expect(dense).toEqual([
      { feature: 'text', width: 2 },
      { feature: 'image', width: 3 },
    ]);
    expect([...vectors]).toEqual([1, 2, 0.5, -1, 2, 0, 0, 0, 0, 0, 3, Math.fround(0.4), 1, 2, 3]);
    const fromParquet = await readItemFeatures(
      file(
        'vectors.parquet',
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'id', data: ['a', 'b'] },
              {
                name: 'text',
                data: [
                  [1, 2],
                  [3, 4],
                ],
                type: 'JSON',
              },
            ],
          }),
        ),
      ),
    );
    expect([...fromParquet.vectors]).toEqual([1, 2, 3, 4]);
  });

  it('chooses columns by their first rows if none is named', async () => {
    const rows = Array.from({ length: 8 }, (_, i) => ({
      sku: `s${i}`,
      imdbId: 100 + i,
      title: `Title ${i}`,
      kind: i % 2 ? 'new' : 'used',
      tags: ['x', `t${i % 3}`],
      joined: `a|b${i % 2}`,
      isFree: i > 3,
      price: String(i),
      embedding: [i, 1, 2],
      note: '',
    }));
    const { columns, dense } = itemFeatures(rows);
    expect([...new Set(columns.map(({ feature }) => feature))]).toEqual(['kind', 'tags', 'joined', 'isFree', 'price']);
    expect(columns.filter(({ feature }) => feature === 'joined').map(({ value }) => value)).toEqual(['a', 'b0', 'b1']);
    expect(dense).toEqual([{ feature: 'embedding', width: 3 }]);
  });

  it('takes separators, and leaves a text whole if there is none', () => {
    const rows = [{ id: 1, tags: 'a;b', names: 'x|y' }];
    const { columns } = itemFeatures(rows, {
      categories: ['tags', 'names'],
      separators: { tags: ';', names: false },
    });
    expect(columns.map(({ value }) => value)).toEqual(['a', 'b', 'x|y']);
  });

  it('reads new items like those of a model', () => {
    const first = itemFeatures(
      [
        { id: 1, kind: 'a', price: 1, v: [1, 0] },
        { id: 2, kind: 'b', price: 3, v: [0, 1] },
      ],
      { categories: ['kind'], numbers: ['price'], vectors: ['v'] },
    );
    const again = itemFeatures([{ id: 9, kind: ['b', 'c'], price: 5, v: null }], { like: first });
    expect(again.columns).toEqual(first.columns);
    expect(again.dense).toEqual(first.dense);
    expect(sparse(again)).toEqual({ 9: { 'kind=b': 1, price: 3 } });
    expect([...again.vectors]).toEqual([0, 0]);
  });

  it.each([
    ['id,price\na,1\nb,cheap\n', { numbers: ['price'] }, ':3: "cheap" is not a number (column "price")'],
    ['id,v\na,1 2\nb,1 2 3\n', { vectors: ['v'] }, ':3: has a vector of 3 numbers, the others have 2 (column "v")'],
    ['id,v\na,red\n', { vectors: ['v'] }, ':2: "red" is not a vector (column "v")'],
    ['id,v\na,1 x\n', { vectors: ['v'] }, ':2: "x" is not a number (column "v")'],
    ['id,v\na,\n', { vectors: ['v'] }, ': no item has a vector in the column "v"'],
    ['id,kind\na,x\n,y\n', { categories: ['kind'] }, ':3: "" is not an id (column "id")'],
    ['id,kind\na,x\nb,y\na,z\n', { categories: ['kind'] }, ':4: item "a" was there before, in line 2 (column "id")'],
    ['id,kind\na,x\n', { categories: ['sort'] }, ': the table has no column "sort"; it has "id", "kind"'],
    ['name,kind\na,x\n', { categories: ['kind'] }, ': the table has no column that looks like the item; it has'],
    ['id,kind\na,x,y\n', { categories: ['kind'] }, ':2: has 3 fields, the header has 2;'],
    ['id,title\na,x\nb,y\n', {}, ': the table has no column that looks like a feature among "id", "title"'],
    ['id,kind\n', { categories: ['kind'] }, ': has no items'],
    ['{"id": 1, "kind": "a"}\n{"id": 2,\n', { categories: ['kind'] }, ':2: is not a JSON object: '],
    ['{"id": 1, "kind": {}}\n', { categories: ['kind'] }, ':1: an object is not a category (column "kind")'],
    ['{"id": 12345678901234567890, "kind": "a"}\n', { categories: ['kind'] }, ':1: the id is an integer beyond 2^53'],
  ])('says where %j is wrong', async (text, given, message) => {
    const path = file('wrong.csv', text);
    const error = await readItemFeatures(path, given).catch((cause: Error) => cause);
    expect(error).toMatchObject({ code: 'bad-data', problem: expect.stringContaining(`${path}${message}`) });
  });

  it.each([
    [{ categories: ['a'], like: { columns: [], dense: [] } }, 'give either like or categories'],
    [{ categories: ['a'], numbers: ['a'] }, 'column "a" is named twice'],
    [{ categories: 'a' }, 'categories must be a list of column names, got "a"'],
    [{ categories: ['kind'], separators: { other: ';' } }, 'there is a separator of "other"'],
    [{ onDuplicate: 'last' }, 'onDuplicate must be throw or first, got last'],
  ])('refuses the options %j', (given, message) => {
    expect(() => itemFeatures([{ id: 1, kind: 'a' }], given as never)).toThrow(message);
  });

  it('keeps what came first, if asked', () => {
    const rows = [
      { id: 'a', kind: 'x' },
      { id: 'a', kind: 'y' },
    ];
    expect(sparse(itemFeatures(rows, { categories: ['kind'], onDuplicate: 'first' }))).toEqual({ a: { 'kind=x': 1 } });
  });
});

describe('featuresOfCatalog', () => {
  const features = itemFeatures(
    [
      { id: 'new', kind: 'x', v: [1, 2] },
      { id: 7, kind: ['x', 'y'], v: [3, 4] },
      { id: 'other', kind: 'y', v: [5, 6] },
    ],
    { categories: ['kind'], vectors: ['v'] },
  );

  it('has a row per item of the catalog, and none of others', () => {
    const { offsets, entries, weights, vectors, found } = featuresOfCatalog(features, itemIds(['7', 'bare', 'new']));
    expect([...offsets]).toEqual([0, 0, 2, 2, 3]);
    expect([...entries]).toEqual([0, 1, 0]);
    expect([...weights]).toEqual([0.5, 0.5, 1]);
    expect([...vectors]).toEqual([0, 0, 3, 4, 0, 0, 1, 2]);
    expect(found).toBe(2);
  });

  it('is there for items that come with features and no interaction', () => {
    const interactions = fromTable(aq.table({ user: ['u', 'u'], item: ['7', 'old'], timestamp: [1, 2] }));
    const { catalog } = toSequences(interactions, { items: features.ids });
    expect(catalog.ids).toEqual(['7', 'old', 'new', 'other']);
    expect(catalog.counts).toEqual([1, 1, 0, 0]);
    expect(featuresOfCatalog(features, catalog).found).toBe(3);
  });
});
