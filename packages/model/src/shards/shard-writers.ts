import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { sha256OfFile } from '@recsys/data/node';
import { type HistoryAnswer, jsonLines } from './answer-histories.js';

/** Writes the answers of a shard to a file, the same bytes for the same answers. */
export interface ShardWriter {
  write(answers: readonly HistoryAnswer[]): Promise<void>;
  /** Waits until the file is on the disk. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** Gives the file up. */
  close(): Promise<void>;
}

export const openJsonLines = async (path: string): Promise<ShardWriter> => {
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    write: async (answers) => {
      const piece = Buffer.from(jsonLines(answers));
      hash.update(piece);
      bytes += piece.length;
      await file.appendFile(piece);
    },
    finish: async () => {
      await file.sync();
      return { bytes, sha256: hash.digest('hex') };
    },
    close: () => file.close(),
  };
};

/** Rows of a row group, which is in memory as a whole. */
const rowGroupSize = 10_000;

/** Ids are text in Parquet, as everywhere two ids are the same if their text is. */
const textOf = (id: unknown): string | null => (id === undefined ? null : String(id));

/** Writes rows of `user` and `id` (text, null without one), `items` (list of text, null for a bad line) and `scores` (list of float32). */
export const openParquet = async (path: string): Promise<ShardWriter> => {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const list = (name: string, element: object) => [
    { name, converted_type: 'LIST' as const, num_children: 1, repetition_type: 'OPTIONAL' as const },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' as const },
    { name: 'element', repetition_type: 'REQUIRED' as const, ...element },
  ];
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: [
      { name: 'root', num_children: 4 },
      { name: 'user', ...text, repetition_type: 'OPTIONAL' },
      { name: 'id', ...text, repetition_type: 'OPTIONAL' },
      ...list('items', text),
      ...list('scores', { type: 'FLOAT' }),
    ],
    statistics: false,
  });
  let rows: HistoryAnswer[] = [];
  const flush = async () => {
    const column = (name: string, of: (answer: HistoryAnswer) => unknown) => ({ name, data: rows.map(of) });
    const columnData = [
      column('user', ({ name }) => textOf(name && 'user' in name ? name.user : undefined)),
      column('id', ({ name }) => textOf(name && 'id' in name ? name.id : undefined)),
      column('items', ({ recommendations }) => recommendations?.map(({ item }) => String(item)) ?? null),
      column('scores', ({ recommendations }) => recommendations?.map(({ score }) => score) ?? null),
    ];
    await writer.write({ columnData, rowGroupSize });
    rows = [];
  };
  return {
    write: async (answers) => {
      for (const answer of answers) {
        rows.push(answer);
        if (rows.length === rowGroupSize) await flush();
      }
    },
    finish: async () => {
      if (rows.length > 0) await flush();
      await writer.finish();
      const file = await open(path, 'r+');
      try {
        await file.sync();
        return { bytes: (await file.stat()).size, sha256: await sha256OfFile(path) };
      } finally {
        await file.close();
      }
    },
    close: async () => undefined,
  };
};
