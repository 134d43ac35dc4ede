import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../errors.js';

const partialPrefix = '.partial-';

/** Returns a path beside another one, for a write that is renamed when it is done; no other writer has the same. */
export const partialPathOf = (path: string): string =>
  join(dirname(path), `${partialPrefix}${basename(path)}-${randomUUID()}`);

/**
 * Writes a file so that it is there whole, or as it was before, also after a power cut.
 * @throws {FileError} `cannot-write`: a full disk, a missing folder, no permission; nothing is left behind then.
 */
export const writeFileAtomically = async (path: string, content: Uint8Array | string): Promise<void> => {
  const partial = partialPathOf(path);
  try {
    await writeSynced(partial, content);
    await rename(partial, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw new FileError('cannot-write', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
  }
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

/** Makes a rename in a directory survive a power cut. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Removes what writers that were killed left behind in a directory. */
export const removePartials = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory).catch(() => [])) {
    if (name.startsWith(partialPrefix)) await rm(join(directory, name), { recursive: true, force: true });
  }
};
