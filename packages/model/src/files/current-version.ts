import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { parseJsonFile } from './json-file.js';

/** The file of a folder of models that names the version to use. A file, and no symbolic link: it can be replaced in one step everywhere. */
export const currentFile = 'current.json';

/** Names of versions; any other name may lead out of the folder. */
export const versionPattern = /^version-\d{6,}$/;

const currentSchema = z.strictObject({
  format: z.literal(1),
  version: z.string().regex(versionPattern, 'is not the name of a version'),
  /** Number of the newest version that has been current. */
  newest: z.int().min(1),
});

/** Which version of a folder of models is current. */
export type CurrentVersion = z.output<typeof currentSchema>;

/**
 * Returns which version of a folder of models is current; undefined when the folder does not say.
 * @throws {CheckpointError} `damaged` when `current.json` cannot be read as it was written.
 */
export const readCurrentVersion = async (models: string): Promise<CurrentVersion | undefined> => {
  const path = join(models, currentFile);
  let content: Uint8Array;
  try {
    content = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CheckpointError('damaged', `${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  return parseJsonFile(models, currentFile, new Map([[currentFile, content]]), currentSchema);
};
