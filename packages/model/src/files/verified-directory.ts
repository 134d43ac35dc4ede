import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { partialPathOf, sha256Of, syncDirectory, writeSynced } from '@recsys/data/node';
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
  const exists = await stat(directory).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new CheckpointError('cannot-write', `${directory}: already exists; choose another name or remove it`);
  const parent = dirname(directory);
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
    await rename(partial, directory);
    await syncDirectory(parent);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw new CheckpointError('cannot-write', `${directory}: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
};

/**
 * Returns the files of a directory that `writeVerifiedDirectory` wrote.
 * @throws {CheckpointError} `damaged`, naming the file that is missing, cut short or altered.
 * @example
 * (await readVerifiedDirectory('models/movies')).get('weights.bin')?.length;
 */
export const readVerifiedDirectory = async (directory: string): Promise<Map<string, Uint8Array>> => {
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
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read: ${message}`;
    throw new CheckpointError('damaged', `${path}: ${reason}`, { cause });
  }
};
