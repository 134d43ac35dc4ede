import { randomUUID } from 'node:crypto';
import type { WriteStream } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError } from '../errors.js';

const partialPrefix = '.partial-';

/**
 * Returns a new path in the same directory, for a file that is renamed to `path` when it is complete. Every call returns another path.
 *
 * @example
 * partialPathOf('runs/state.json'); // 'runs/.partial-state.json-<uuid>'
 */
export const partialPathOf = (path: string): string => join(dirname(path), `${prefixOf(path)}${randomUUID()}`);

/** Returns the beginning of the names of all partial files of a path. */
const prefixOf = (path: string): string => `${partialPrefix}${basename(path)}-`;

/**
 * Writes a file in one step: after a crash or power cut it holds either the new content or the old one, never a part.
 *
 * @throws {FileError} `cannot-write`: a full disk, a missing folder, no permission. Nothing is left behind then.
 * @example
 * await writeFileAtomically('runs/state.json', JSON.stringify({ epoch: 3 }));
 */
export const writeFileAtomically = (path: string, content: Uint8Array | string): Promise<void> =>
  replaceFile(path, (partial) => writeSynced(partial, content)).catch((cause: Error) => {
    throw new FileError('cannot-write', `${path}: cannot be written: ${cause.message}`, { cause });
  });

/**
 * Calls `write` with a path in the same directory, and renames that file to `path` when it is complete. When `write` or the rename fails,
 * nothing is left behind, and the file at `path` is unchanged.
 */
export const replaceFile = async (path: string, write: (partial: string) => Promise<void>): Promise<void> => {
  const partial = partialPathOf(path);
  try {
    await write(partial);
    await rename(partial, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw cause;
  }
};

/** Where to write: a file that can be replaced, or a device, FIFO or socket, which has to be written into. */
export interface WriteTarget {
  readonly path: string;
  readonly replaceable: boolean;
}

/**
 * Returns where to write for a path. Symbolic links are followed, also to a file that does not exist yet.
 * @example
 * await writeTargetOf('/dev/stdout'); // { path: '/dev/stdout', replaceable: false }
 */
export const writeTargetOf = async (path: string): Promise<WriteTarget> => {
  const found = await stat(path).catch(undefinedIfMissing);
  if (found !== undefined)
    return found.isFile() ? { path: await realpath(path), replaceable: true } : { path, replaceable: false };
  const link = await lstat(path).catch(undefinedIfMissing);
  if (link?.isSymbolicLink()) return writeTargetOf(resolve(dirname(path), await readlink(path)));
  return { path, replaceable: true };
};

const undefinedIfMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

/**
 * Writes a new file and waits until it is on the disk. Fails when the file already exists.
 *
 * @example
 * await writeSynced('runs/step-10/weights.bin', bytes);
 */
export const writeSynced = async (path: string, content: Uint8Array | string): Promise<void> => {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * Returns a stream into a file that is open already: one that opens its file later may create it again after a failed write has removed it.
 */
export const openWriteStream = async (path: string): Promise<WriteStream> =>
  (await open(path, 'w')).createWriteStream();

/** Waits until a file is on the disk. */
export const syncFile = (path: string): Promise<void> => sync(path, 'r+');

/**
 * Waits until the names in a directory are on the disk, so that a rename survives a power cut.
 *
 * @example
 * await rename('runs/.partial-step-10', 'runs/step-10');
 * await syncDirectory('runs');
 */
export const syncDirectory = (directory: string): Promise<void> => sync(directory, 'r');

const sync = async (path: string, flags: 'r' | 'r+'): Promise<void> => {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Removes the partial files in a directory, which writers that were killed have left behind.
 *
 * @example
 * await removePartials('runs');
 */
export const removePartials = async (directory: string): Promise<void> =>
  removeByPrefix(directory, partialPrefix, await readdir(directory).catch(() => []));

/**
 * Removes the partial files of one path, which writers that were killed have left behind. Call it only while nobody writes that path.
 *
 * @example
 * await removePartialsOf('runs/state.json');
 */
export const removePartialsOf = async (path: string): Promise<void> =>
  removeByPrefix(dirname(path), prefixOf(path), await readdir(dirname(path)));

const removeByPrefix = async (directory: string, prefix: string, names: readonly string[]): Promise<void> => {
  for (const name of names)
    if (name.startsWith(prefix)) await rm(join(directory, name), { recursive: true, force: true });
};
