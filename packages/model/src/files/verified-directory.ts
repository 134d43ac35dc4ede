import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  FileError,
  lockPath,
  partialPathOf,
  removePartialsOf,
  sha256Of,
  syncDirectory,
  writeSynced,
} from '@recsys/data/node';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { parseJsonFile } from './json-file.js';

/** Files by name. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

const checksumsFile = 'checksums.json';

const checksumsSchema = z.strictObject({
  format: z.literal(1),
  files: z.record(
    z.string().regex(/^[\w-][\w.-]*$/, 'is not a plain file name'),
    z.strictObject({ bytes: z.int().min(0), sha256: z.string() }),
  ),
  /** sha256 of `files` as JSON, to tell damage to this file from damage to the others. */
  sha256: z.string(),
});

type Checksums = z.output<typeof checksumsSchema>;

/**
 * Writes files as a new directory that either is there whole or not at all, with the size and sha256 of each in `checksums.json`.
 *
 * @throws {CheckpointError} `cannot-write` when the directory exists or cannot be written (disk full, no permission); nothing is left then.
 * @example
 * await writeVerifiedDirectory('copy', { 'note.txt': 'whole or not at all' });
 */
export const writeVerifiedDirectory = async (directory: string, files: Files): Promise<void> => {
  if ((await currentDirectory(directory)) !== undefined)
    throw new CheckpointError('cannot-write', `${directory}: already exists; choose another name or remove it.`, {
      advice: { option: 'overwrite', value: 'true', purpose: 'to replace a saved model' },
    });
  await writing(directory, async () => {
    const partial = await writePartial(directory, files);
    await renameOrRemove(partial, directory);
  });
};

/**
 * Writes files as a directory as `writeVerifiedDirectory` does, in place of one that such a call wrote. `readVerifiedDirectory` gives the old
 * files or the new ones at any moment, also after a kill: the old directory is moved aside, the new one takes its place, and the old one is
 * removed. A reader that comes between the first two steps reads the old one where it is. One process at a time replaces a directory.
 *
 * @throws {CheckpointError} `cannot-write` when the directory holds anything but such files, another process is replacing it, or it cannot
 *   be written; the old files are still there then.
 */
export const replaceVerifiedDirectory = async (directory: string, files: Files): Promise<void> => {
  const path = await realpath(directory).catch(() => directory);
  await writing(directory, async () => {
    await mkdir(dirname(path), { recursive: true });
    const lock = await lockPath(directory, join(dirname(path), `.${basename(path)}.in-use-by-`));
    try {
      await tidy(path);
      await assertReplaceable(directory, path, files);
      const partial = await writePartial(path, files);
      await lock.assertHeld();
      const isThere = await exists(path);
      if (isThere) await rename(path, replacedPathOf(path));
      await renameOrRemove(partial, path).catch(async (error) => {
        if (isThere) await rename(replacedPathOf(path), path);
        throw error;
      });
      await rm(replacedPathOf(path), { recursive: true, force: true });
    } finally {
      await lock.release();
    }
  });
};

/** Cleans up after a process that was killed: moves the old directory back if nothing took its place, or else removes it. */
const tidy = async (path: string): Promise<void> => {
  const replaced = replacedPathOf(path);
  if (await exists(path)) await rm(replaced, { recursive: true, force: true });
  else if (await exists(replaced)) await rename(replaced, path);
  await removePartialsOf(path);
};

/** @throws {CheckpointError} when a directory holds anything but the files of a saved model: a mistaken path must not cost data. */
const assertReplaceable = async (directory: string, path: string, files: Files): Promise<void> => {
  if (!(await exists(path))) return;
  const names = await readdir(path).catch(() => undefined);
  const other = names?.find((name) => name !== checksumsFile && !Object.hasOwn(files, name));
  if (names !== undefined && other === undefined) return;
  const reason = names === undefined ? 'is not a directory' : `holds ${other}, which is not part of a saved model`;
  throw new CheckpointError('cannot-write', `${directory}: ${reason}; it is not replaced`);
};

/** Writes files and their checksums to a directory beside the one that they are for, and returns its path. */
const writePartial = async (directory: string, files: Files): Promise<string> => {
  const partial = partialPathOf(directory);
  try {
    await mkdir(partial, { recursive: true }); // the folders above it may be missing too
    const sums: Checksums['files'] = {};
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      sums[name] = { bytes: bytes.length, sha256: sha256Of(bytes) };
      await writeSynced(join(partial, name), bytes);
    }
    const checksums: Checksums = { format: 1, files: sums, sha256: sha256Of(JSON.stringify(sums)) };
    await writeSynced(join(partial, checksumsFile), JSON.stringify(checksums));
    await syncDirectory(partial);
    return partial;
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
};

const renameOrRemove = async (partial: string, directory: string): Promise<void> => {
  try {
    await rename(partial, directory);
    await syncDirectory(dirname(directory));
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
};

/** Runs a function that writes; its errors become `CheckpointError`s. */
const writing = async (directory: string, write: () => Promise<void>): Promise<void> => {
  try {
    await write();
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const problem =
      cause instanceof FileError ? cause.problem : `${directory}: cannot be written: ${(cause as Error).message}`;
    throw new CheckpointError('cannot-write', problem, { cause });
  }
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Where a directory is while another one takes its place. */
const replacedPathOf = (directory: string): string => join(dirname(directory), `.replaced-${basename(directory)}`);

/** A directory as it is now; `identity` is another one when it was replaced. */
interface CurrentDirectory {
  readonly path: string;
  readonly identity: string;
}

/** Returns where the files of a directory are now: at its path, or moved aside for a moment, or by a process that was killed then. */
export const currentDirectory = async (directory: string): Promise<CurrentDirectory | undefined> => {
  // A replacement may end between the two looks, but then the second round finds it.
  for (let round = 0; round < 2; round++) {
    const own = await realpath(directory).catch(() => directory);
    for (const path of [directory, replacedPathOf(own)]) {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (found !== undefined) return { path, identity: `${found.dev} ${found.ino} ${found.ctimeNs}` };
    }
  }
  return undefined;
};

/** How often a directory that is replaced while it is read is read again. */
const readAttempts = 100;

/**
 * Returns the files of a directory that `writeVerifiedDirectory` wrote. A directory that is replaced meanwhile is read again.
 * @throws {CheckpointError} `damaged`, naming the file that is missing, cut short or altered.
 * @example
 * (await readVerifiedDirectory('models/movies')).get('weights.bin')?.length;
 */
export const readVerifiedDirectory = async (directory: string): Promise<Map<string, Uint8Array>> => {
  for (let attempt = 1; ; attempt++) {
    const before = await currentDirectory(directory);
    try {
      return await readFiles(before?.path ?? directory);
    } catch (error) {
      const after = await currentDirectory(directory);
      if (before?.identity === after?.identity || attempt === readAttempts) throw error;
    }
  }
};

const readFiles = async (directory: string): Promise<Map<string, Uint8Array>> => {
  const { files } = parseChecksums(directory, await readNamed(directory, checksumsFile));
  const contents = new Map<string, Uint8Array>();
  for (const [name, { bytes, sha256: expected }] of Object.entries(files)) {
    const content = await readNamed(directory, name, bytes);
    if (sha256Of(content) !== expected) {
      throw new CheckpointError('damaged', `${join(directory, name)}: does not match its sha256; the file is damaged`);
    }
    contents.set(name, content);
  }
  return contents;
};

const parseChecksums = (directory: string, content: Uint8Array): Checksums => {
  const checksums = parseJsonFile(directory, checksumsFile, new Map([[checksumsFile, content]]), checksumsSchema);
  if (sha256Of(JSON.stringify(checksums.files)) === checksums.sha256) return checksums;
  throw new CheckpointError(
    'damaged',
    `${join(directory, checksumsFile)}: does not match its own sha256; the file is damaged`,
  );
};

/** Largest `checksums.json` that is read; ours have a few hundred bytes. */
const largestChecksums = 2 ** 24;

/** Bytes per read. */
const largestPiece = 2 ** 30;

/** Returns the content of a file of this size; `readFile` refuses one of more than 2 GiB. */
const readWhole = async (path: string, size: number): Promise<Uint8Array> => {
  const file = await open(path);
  try {
    const content = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(content, at, Math.min(largestPiece, size - at), at);
      if (bytesRead === 0) throw new Error(`ends after ${at} of ${size} bytes`);
      at += bytesRead;
    }
    return content;
  } finally {
    await file.close();
  }
};

/** Returns the content of a regular file; of any other kind or size nothing is read, as it may have no end. */
const readNamed = async (directory: string, name: string, bytes?: number): Promise<Uint8Array> => {
  const path = join(directory, name);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new CheckpointError('damaged', `${path}: is not a regular file`);
    if (bytes !== undefined && found.size !== bytes)
      throw new CheckpointError('damaged', `${path}: has ${found.size} bytes instead of ${bytes}; the file is damaged`);
    if (bytes === undefined && found.size > largestChecksums)
      throw new CheckpointError('damaged', `${path}: has ${found.size} bytes; the file is damaged`);
    return await readWhole(path, found.size);
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read: ${message}`;
    throw new CheckpointError('damaged', `${path}: ${reason}`, { cause });
  }
};
