import { randomUUID } from 'node:crypto';
import { lstat, open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError } from '../errors.js';

const partialPrefix = '.partial-';

/** Returns a path beside another one, for a write that is renamed when it is done; no other writer has the same. */
export const partialPathOf = (path: string): string => join(dirname(path), `${prefixOf(path)}${randomUUID()}`);

/** What the names of all partial files of a path begin with. */
const prefixOf = (path: string): string => `${partialPrefix}${basename(path)}-`;

/**
 * Writes a file so that it is there whole, or as it was before, also after a power cut.
 * @throws {FileError} `cannot-write`: a full disk, a missing folder, no permission; nothing is left behind then.
 */
export const writeFileAtomically = (path: string, content: Uint8Array | string): Promise<void> =>
  replaceFile(path, (partial) => writeSynced(partial, content)).catch((cause: Error) => {
    throw new FileError('cannot-write', `${path}: cannot be written: ${cause.message}`, { cause });
  });

/**
 * Lets `write` make a file beside a path, and renames it to the path when it is on the disk. Where `write` or the rename fails, nothing is left
 * behind, and what was at the path is as it was.
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

/** Where the bytes for a path go: to a file that can be replaced, or straight into a device, a FIFO or a socket, which must not be. */
export interface WriteTarget {
  readonly path: string;
  readonly replaceable: boolean;
}

/** Returns where the bytes for a path go; symbolic links are followed, also one to a file that does not exist yet. */
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

/** Writes a new file and waits until it is on the disk. */
export const writeSynced = async (path: string, content: Uint8Array | string): Promise<void> => {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Waits until a file is on the disk. */
export const syncFile = (path: string): Promise<void> => sync(path, 'r+');

/** Makes a rename in a directory survive a power cut. */
export const syncDirectory = (directory: string): Promise<void> => sync(directory, 'r');

const sync = async (path: string, flags: 'r' | 'r+'): Promise<void> => {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Removes what writers that were killed left behind in a directory. */
export const removePartials = async (directory: string): Promise<void> =>
  removeByPrefix(directory, partialPrefix, await readdir(directory).catch(() => []));

/** Removes what writers of one path that were killed left behind beside it; nobody may be writing it. */
export const removePartialsOf = async (path: string): Promise<void> =>
  removeByPrefix(dirname(path), prefixOf(path), await readdir(dirname(path)));

const removeByPrefix = async (directory: string, prefix: string, names: readonly string[]): Promise<void> => {
  for (const name of names)
    if (name.startsWith(prefix)) await rm(join(directory, name), { recursive: true, force: true });
};
