import { extname } from 'node:path';
import { FileError, writeFileAtomically } from '@recsys/data/node';
import type { Id } from '@recsys/model';
import { ExportError } from '../errors.js';

/** @throws {ExportError} `cannot-write`. */
export const writeFile = async (path: string, content: Uint8Array | string): Promise<string> => {
  await writeFileAtomically(path, content).catch((cause) => {
    if (!(cause instanceof FileError)) throw cause;
    throw new ExportError('cannot-write', cause.problem, { cause });
  });
  return path;
};

/** Writes ids beside a file: a JSON array in the order of its rows, `items.ids.json` for `items.npy`. */
export const writeIds = (path: string, ids: readonly Id[]): Promise<string> =>
  writeFile(`${path.slice(0, path.length - extname(path).length)}.ids.json`, JSON.stringify(ids));
