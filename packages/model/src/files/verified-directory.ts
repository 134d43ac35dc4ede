import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { partialPathOf, sha256Of, syncDirectory, writeSynced } from '@recsys/data/node';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';

/** Files by name. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

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
  if (exists)
    throw new CheckpointError('bad-checkpoint', `${directory}: exists already; choose another name or remove it`);
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
    throw new CheckpointError('bad-checkpoint', `${directory}: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
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
        'bad-checkpoint',
        `${join(directory, name)}: has ${content.length} bytes instead of ${bytes}; the file is damaged`,
      );
    }
    if (sha256Of(content) !== expected) {
      throw new CheckpointError(
        'bad-checkpoint',
        `${join(directory, name)}: does not match its sha256; the file is damaged`,
      );
    }
    contents.set(name, content);
  }
  return contents;
};

const parseChecksums = (directory: string, content: Uint8Array): Checksums => {
  const path = join(directory, checksumsFile);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new CheckpointError('bad-checkpoint', `${path}: is not JSON; the file is damaged`, { cause });
  }
  const result = checksumsSchema.safeParse(json);
  if (result.success) {
    if (sha256Of(JSON.stringify(result.data.files)) === result.data.sha256) return result.data;
    throw new CheckpointError('bad-checkpoint', `${path}: does not match its own sha256; the file is damaged`);
  }
  const { path: at, message } = result.error.issues[0];
  throw new CheckpointError(
    'bad-checkpoint',
    `${path}: ${at.join('.')} ${message}; the file is damaged or of another version`,
  );
};

const readNamed = (directory: string, name: string): Promise<Uint8Array> =>
  readFile(join(directory, name)).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'is missing' : `cannot be read: ${cause.message}`;
    throw new CheckpointError('bad-checkpoint', `${join(directory, name)}: ${reason}`, { cause });
  });
