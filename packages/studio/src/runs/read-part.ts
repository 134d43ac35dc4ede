import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { StudioError } from '../errors.js';

/** A part of a file, and how long the file is. */
interface FilePart {
  readonly bytes: Buffer;
  readonly size: number;
}

/**
 * Reads a regular file from a place to its end, if it is there; a symbolic link is none, as it may lead anywhere.
 * @throws {StudioError} `bad-run` on what is no file, or one that is too large to be of a run.
 */
export const readPart = async (path: string, start: number, most: number): Promise<FilePart | undefined> => {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      const reason = error.code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${error.code})`;
      throw new StudioError('bad-run', `${fileName(path)} ${reason}`);
    },
  );
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new StudioError('bad-run', `${fileName(path)} is no regular file`);
    const length = Math.max(0, found.size - start);
    if (length > most) throw new StudioError('bad-run', `${fileName(path)} is too large to be of a run`);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, start);
    return { bytes: buffer.subarray(0, bytesRead), size: found.size };
  } finally {
    await file.close();
  }
};

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
