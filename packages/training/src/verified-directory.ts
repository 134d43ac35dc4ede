import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { CheckpointError } from './checkpoint-error.js';

/** Files by name. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

const partialPrefix = '.partial-';
const checksumsFile = 'checksums.json';

const checksumsSchema = z.strictObject({
  format: z.literal(1),
  files: z.record(
    z.string().regex(/^[\w-][\w.-]*$/, 'is not a plain file name'),
    z.strictObject({ bytes: z.int().min(0), sha256: z.string() }),
  ),
  /** Of `files` as JSON, so that damage to this file is told from damage to those. */
  sha256: z.string(),
});

type Checksums = z.output<typeof checksumsSchema>;

const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/**
 * Writes files as a new directory that either is there whole or not at all, with the size and sha256 of each in `checksums.json`.
 *
 * @throws {CheckpointError} when the directory exists or cannot be written (disk full, no permission); nothing is left then.
 */
export const writeVerifiedDirectory = async (directory: string, files: Files): Promise<void> => {
  const exists = await stat(directory).then(
    () => true,
    () => false,
  );
  if (exists) throw new CheckpointError(`${directory}: exists already; choose another name or remove it`);
  const parent = dirname(directory);
  const partial = join(parent, `${partialPrefix}${basename(directory)}-${randomUUID()}`);
  try {
    await mkdir(partial);
    const sums: Checksums['files'] = {};
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      sums[name] = { bytes: bytes.length, sha256: sha256(bytes) };
      await writeSynced(join(partial, name), bytes);
    }
    const checksums: Checksums = { format: 1, files: sums, sha256: sha256(JSON.stringify(sums)) };
    await writeSynced(join(partial, checksumsFile), JSON.stringify(checksums));
    await syncDirectory(partial);
    await rename(partial, directory);
    await syncDirectory(parent);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw new CheckpointError(`${directory}: cannot be written: ${(cause as Error).message}`, { cause });
  }
};

/**
 * Returns the files of a directory that `writeVerifiedDirectory` wrote.
 * @throws {CheckpointError} naming the file that is missing, cut short or altered.
 */
export const readVerifiedDirectory = async (directory: string): Promise<Map<string, Uint8Array>> => {
  const { files } = parseChecksums(directory, await readNamed(directory, checksumsFile));
  const contents = new Map<string, Uint8Array>();
  for (const [name, { bytes, sha256: expected }] of Object.entries(files)) {
    const content = await readNamed(directory, name);
    if (content.length !== bytes) {
      throw new CheckpointError(
        `${join(directory, name)}: has ${content.length} bytes instead of ${bytes}; the file is damaged`,
      );
    }
    if (sha256(content) !== expected) {
      throw new CheckpointError(`${join(directory, name)}: does not match its sha256; the file is damaged`);
    }
    contents.set(name, content);
  }
  return contents;
};

/** Removes what writes that were killed left behind in a directory. */
export const removePartialDirectories = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith(partialPrefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
};

/**
 * Writes a file that is there whole or as it was before.
 * @throws {CheckpointError} when it cannot be written.
 */
export const writeFileAtomically = async (path: string, content: Uint8Array | string): Promise<void> => {
  const partial = join(dirname(path), `${partialPrefix}${basename(path)}-${randomUUID()}`);
  try {
    await writeSynced(partial, content);
    await rename(partial, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw new CheckpointError(`${path}: cannot be written: ${(cause as Error).message}`, { cause });
  }
};

const parseChecksums = (directory: string, content: Uint8Array): Checksums => {
  const path = join(directory, checksumsFile);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new CheckpointError(`${path}: is not JSON; the file is damaged`, { cause });
  }
  const result = checksumsSchema.safeParse(json);
  if (result.success) {
    if (sha256(JSON.stringify(result.data.files)) === result.data.sha256) return result.data;
    throw new CheckpointError(`${path}: does not match its own sha256; the file is damaged`);
  }
  const { path: at, message } = result.error.issues[0]!;
  throw new CheckpointError(`${path}: ${at.join('.')} ${message}; the file is damaged or of another version`);
};

const readNamed = (directory: string, name: string): Promise<Uint8Array> =>
  readFile(join(directory, name)).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'is missing' : `cannot be read: ${cause.message}`;
    throw new CheckpointError(`${join(directory, name)}: ${reason}`, { cause });
  });

const writeSynced = async (path: string, content: Uint8Array | string): Promise<void> => {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Makes a rename in a directory survive a power cut. */
const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
