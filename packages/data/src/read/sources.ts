import { createReadStream, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DataError } from '../errors.js';
import { peek } from '../files/peek.js';
import type { Row } from './row-sink.js';

/**
 * Where to read interactions from: the path of a file, or of a folder of shards, which are read in the order of their names; an http, https or file
 * URL; a stream of bytes; or rows, such as a database cursor. Bytes may be plain, gzip or a zip archive.
 */
export type InteractionSource = string | URL | Readable | AsyncIterable<Row> | Iterable<Row>;

/** A file, stream or list of rows, with a name for errors. */
type SourcePart = FilePart | { readonly name: string; readonly rows: AsyncIterable<Row> | Iterable<Row> };

export interface FilePart {
  readonly name: string;
  /** Its path, if it is a file. */
  readonly path?: string;
  open(): Promise<Readable>;
}

/**
 * Returns the parts of a source: the files of a folder in the order of their names, or the source itself.
 * @throws {DataError} on a missing file, an empty folder, or a value that is not a source.
 */
export const listSources = async (source: InteractionSource): Promise<{ name: string; parts: SourcePart[] }> => {
  if (source instanceof URL) return listSources(source.protocol === 'file:' ? fileURLToPath(source) : source.href);
  if (typeof source === 'string') {
    const parts = /^https?:\/\//.test(source)
      ? [{ name: source, open: () => openUrl(source) }]
      : (await filesOf(source)).map((path) => ({
          name: path,
          path,
          open: async () => createReadStream(path, { highWaterMark: 2 ** 18 }),
        }));
    return { name: source, parts };
  }
  const name = 'input';
  if (source !== null && typeof source === 'object' && (Symbol.asyncIterator in source || Symbol.iterator in source)) {
    const {
      first: [first],
      all,
    } = await peek(source as AsyncIterable<unknown>, () => true).catch((cause: Error) => {
      if (cause instanceof DataError) throw cause;
      throw new DataError('bad-data', `input: cannot be read: ${cause.message}`, { cause });
    });
    if (typeof first === 'object' && first !== null && !(first instanceof Uint8Array))
      return { name, parts: [{ name, rows: all as AsyncIterable<Row> }] };
    return { name, parts: [{ name, open: async () => Readable.from(all) }] };
  }
  throw new DataError(
    'bad-data',
    `readInteractions: source must be a path, a URL, a stream of bytes or rows, got ${JSON.stringify(source) ?? String(source)}`,
  );
};

/**
 * Returns a path, or the paths of the files in a folder, symbolic links to files among them. Names that begin with `.` or `_`, such as the marks
 * of Spark, are skipped.
 *
 * @throws {DataError} on a folder within the folder.
 */
const filesOf = async (path: string): Promise<string[]> => {
  if (!(await statOf(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    if (/^[._]/.test(entry.name)) continue;
    const file = join(path, entry.name);
    const found = entry.isSymbolicLink() ? await statOf(file) : entry;
    if (found.isDirectory())
      throw new DataError(
        'bad-data',
        `${path}: "${entry.name}" is a folder, and folders within folders are not read; move its files to ${path}, or read each folder by itself`,
      );
    if (found.isFile()) files.push(file);
  }
  if (files.length === 0) throw new DataError('bad-data', `${path}: is a folder without files`);
  return files.sort();
};

const statOf = (path: string): Promise<Stats> =>
  stat(path).catch((cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOENT' ? 'no such file' : `cannot be read: ${cause.message}`;
    throw new DataError('bad-data', `${path}: ${problem}`, { cause });
  });

const openUrl = async (url: string): Promise<Readable> => {
  const response = await fetch(url).catch((cause: Error) => {
    const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new DataError('bad-data', `${url}: cannot be fetched: ${reason}`, { cause });
  });
  if (!response.ok || response.body === null)
    throw new DataError('bad-data', `${url}: the server answered ${response.status} ${response.statusText}`);
  return Readable.fromWeb(response.body as never);
};
