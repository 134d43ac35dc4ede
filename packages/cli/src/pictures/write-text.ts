import { writeFileSync } from 'node:fs';
import { OutputError } from '../errors.js';

/**
 * Writes a text to a file, in place of what it held.
 * @throws {OutputError} when it cannot be written.
 */
export const writeText = (path: string, text: string): void => {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new OutputError('cannot-write', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
  }
};
