import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { partialPathOf } from '@recsys/data/node';
import type { SequentialModel } from '@recsys/model';
import { ExportError } from '../errors.js';
import { itemVectors, toFvecs, toNpy, type Vectors } from '../vectors/index.js';
import { writeFile, writeIds } from './write-file.js';

/**
 * Writes vectors to a file, whose extension tells the format: `.parquet`, rows of `id` (text) and `vector` (list of float32); `.npy` or `.fvecs`, with
 * the ids beside it as a JSON array in the order of the rows (`items.ids.json` for `items.npy`). Files that exist are replaced.
 *
 * @returns the paths of the files.
 * @throws {ExportError} `bad-option` for another extension; `cannot-write`.
 * @example
 * await exportVectors(userVectors(model, histories), 'users.parquet');
 */
export const exportVectors = async (vectors: Vectors, path: string): Promise<string[]> => {
  switch (extname(path).toLowerCase()) {
    case '.parquet':
      return [await writeParquet(vectors, path)];
    case '.npy':
      return [await writeFile(path, toNpy(vectors)), await writeIds(path, vectors.ids)];
    case '.fvecs':
      return [await writeFile(path, toFvecs(vectors)), await writeIds(path, vectors.ids)];
    default:
      throw new ExportError(
        'bad-option',
        `exportVectors: the file must end in .parquet, .npy or .fvecs, got ${JSON.stringify(path)}`,
      );
  }
};

/**
 * Writes the vector of each item of a catalog; see `exportVectors`.
 *
 * @returns the paths of the files.
 * @throws {ExportError} as `itemVectors` and `exportVectors`.
 * @example
 * await exportItemVectors(model, 'items.npy'); // ['items.npy', 'items.ids.json']
 */
export const exportItemVectors = (model: SequentialModel, path: string): Promise<string[]> =>
  exportVectors(itemVectors(model), path);

/** Rows of a row group, which is in memory as a whole: of 64 units, 16 MB in the file. */
const rowGroupSize = 32_768;

const writeParquet = async ({ ids, units, values }: Vectors, path: string): Promise<string> => {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const partial = partialPathOf(path);
  const vectorOf = (row: number) => Array.from(values.subarray(row * units, (row + 1) * units));
  try {
    const writer = new ParquetWriter({
      writer: fileWriter(partial),
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'vector', converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
      ],
      statistics: false,
    });
    for (let start = 0; start < ids.length; start += rowGroupSize) {
      const group = ids.slice(start, start + rowGroupSize);
      await writer.write({
        columnData: [
          { name: 'id', data: group.map(String) },
          { name: 'vector', data: group.map((_, i) => vectorOf(start + i)) },
        ],
        rowGroupSize,
      });
    }
    await writer.finish();
    await rename(partial, path);
    return path;
  } catch (cause) {
    await rm(partial, { force: true });
    throw new ExportError('cannot-write', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
  }
};
