import * as aq from 'arquero';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { type InteractionFormat, minRating } from '../index.js';
import { read } from './test-read.js';

const rows = [
  { user: 'a', item: 'x', timestamp: 1700000005, rating: 4.5 },
  { user: 'b', item: 'y', timestamp: 1700000006, rating: 2 },
  { user: 'c', item: 'z', timestamp: 1700000007, rating: 5 },
];
const lines = (line: (row: (typeof rows)[number]) => string) => rows.map((row) => `${line(row)}\n`).join('');
const joined = (delimiter: string) =>
  lines(({ user, item, rating, timestamp }) => [user, item, rating, timestamp].join(delimiter));
const column = (name: keyof (typeof rows)[number]) => ({ name, data: rows.map((row) => row[name]) });

const files: Record<InteractionFormat, string | Buffer> = {
  text: joined(' '),
  csv: `user;item;rating;timestamp\n${joined(';')}`,
  tsv: `user\titem\trating\ttimestamp\n${joined('\t')}`,
  movielens: joined('::'),
  recbole: `user_id:token\titem_id:token\trating:float\ttimestamp:float\n${joined('\t')}`,
  'amazon-ratings': joined(','),
  json: JSON.stringify(rows, null, 2),
  jsonl: lines((row) => JSON.stringify(row)),
  'python-literals': lines((row) => JSON.stringify(row).replaceAll('"', "'")),
  parquet: Buffer.from(
    parquetWriteBuffer({
      columnData: [column('user'), column('item'), column('timestamp'), { ...column('rating'), type: 'DOUBLE' }],
    }),
  ),
  arrow: Buffer.from(aq.toArrowIPC(aq.from(rows), { format: 'file' })!),
};

describe('ratings', () => {
  it.each(Object.entries(files))('are read from %s, detected or named, where they are wanted', async (name, file) => {
    const format = name as InteractionFormat;
    for (const options of [{}, { format }]) {
      const rated = await read(file, { ...options, ratings: true });
      expect(rated.table.objects()).toEqual(rows);
      expect(minRating(rated, { min: 4 }).table.array('user')).toEqual(['a', 'c']);
    }
    expect((await read(file)).table.columnNames()).not.toContain('rating');
  });
});
