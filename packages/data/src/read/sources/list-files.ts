import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors.js';

/** A file that is read as a part of a source. */
export interface ListedFile {
  readonly path: string;
  /** Whether it can be read from any position; a pipe cannot. */
  readonly isRegular: boolean;
  /** The keys in the names of its folders: `['user', 'day']` for `user=7/day=2026-10-01/part-0.parquet`. */
  readonly partitionKeys: readonly string[];
}

/**
 * Returns a path, or the files in a folder and its folders, in the order of their names. Symbolic links are followed. Names that begin with `.` or `_`
 * and checksums (`.crc`) are skipped, as by Spark, pandas and DuckDB; a partition such as `_day=1` is not.
 *
 * @param anyKind whether to take files with any file extension.
 * @throws {DataError} on a missing file, an empty folder, a file that is no data by its name, or a file or folder that is there twice by a symbolic link.
 * @example
 * (await listFiles('events', false)).map(({ path }) => path); // ['events/part-0.parquet', 'events/part-1.parquet']
 */
export const listFiles = async (path: string, anyKind: boolean): Promise<ListedFile[]> => {
  const found = await statOf(path);
  if (!found.isDirectory()) return [{ path, isRegular: found.isFile(), partitionKeys: [] }];
  const files: ListedFile[] = [];
  /** Paths by what they are without symbolic links. */
  const seen = new Map<string, string>();
  const enter = async (folder: string, place: { real: string; partitionKeys: readonly string[] }): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    assertPlainFolder(folder, entries);
    for (const entry of entries.sort(byName)) {
      if (isSkipped(entry.name)) continue;
      const own = join(folder, entry.name);
      const found = entry.isSymbolicLink() ? await statOf(own) : entry;
      const real = entry.isSymbolicLink() ? await realpath(own) : join(place.real, entry.name);
      const twin = seen.get(real);
      if (twin !== undefined)
        throw new DataError(
          'bad-data',
          `${own}: is ${twin} by a symbolic link, and would be read twice; remove the link`,
        );
      seen.set(real, own);
      if (found.isDirectory()) {
        const key = /^([^=]+)=/.exec(entry.name)?.[1];
        await enter(own, {
          real,
          partitionKeys: key === undefined ? place.partitionKeys : [...place.partitionKeys, key],
        });
      } else {
        if (!found.isFile()) throw new DataError('bad-data', `${own}: is neither a file nor a folder`);
        if (!anyKind) assertKnownKind(own, entry.name);
        files.push({ path: own, isRegular: true, partitionKeys: place.partitionKeys });
      }
    }
  };
  const real = await realpath(path);
  seen.set(real, path);
  await enter(path, { real, partitionKeys: [] });
  if (files.length === 0) throw new DataError('bad-data', `${path}: is a folder without files`);
  return files;
};

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);

const isSkipped = (name: string): boolean => /^\.|\.crc$/.test(name) || (name.startsWith('_') && !name.includes('='));

/** Names of files with rows, plain or gzip. Names without an extension are common, as in `part-00000`. */
const knownKind =
  /^([^.]+|.*\.(txt|text|csv|tsv|psv|tab|dat|data|inter|json|jsonl|ndjson|parquet|pq|arrow|arrows|feather|ipc|zip))(\.gz)?$/i;

const assertKnownKind = (path: string, name: string): void => {
  if (knownKind.test(name) && !/^(readme|license)\b/i.test(name)) return;
  throw new DataError(
    'bad-data',
    `${path}: is not a data file by its name, and all files of a folder are read; move it to another folder.`,
    { advice: { option: 'format', purpose: 'if all files of the folder are data of one format' } },
  );
};

/** Folders that hold the log of a table, whose files are not all part of it. */
const tableLogs: Readonly<Record<string, string>> = { _delta_log: 'Delta', '.hoodie': 'Hudi' };

const assertPlainFolder = (folder: string, entries: readonly Dirent[]): void => {
  for (const { name } of entries) {
    if (!Object.hasOwn(tableLogs, name)) continue;
    const kind = tableLogs[name];
    throw new DataError(
      'bad-data',
      `${folder}: is a ${kind} table, whose folder may hold rows that were deleted; export it to Parquet or CSV first`,
    );
  }
};

const statOf = (path: string): Promise<Stats> =>
  stat(path).catch((cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOENT' ? 'no such file' : `cannot be read: ${cause.message}`;
    throw new DataError('bad-data', `${path}: ${problem}`, { cause });
  });
