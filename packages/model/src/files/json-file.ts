import { join } from 'node:path';
import type { z } from 'zod';
import { CheckpointError } from '../errors.js';

/**
 * Returns the content of a JSON file among the files of a directory.
 * @throws {CheckpointError} `damaged` when it is missing, not JSON, or not what the schema says.
 * @example
 * const files = await readVerifiedDirectory('models/movies');
 * parseJsonFile('models/movies', 'model.json', files, z.looseObject({ format: z.string() })).format; // 'recsys-weights'
 */
export const parseJsonFile = <Schema extends z.ZodType>(
  directory: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
  schema: Schema,
): z.output<Schema> => {
  const path = join(directory, name);
  const content = files.get(name);
  if (content === undefined) throw new CheckpointError('damaged', `${path}: is missing`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new CheckpointError('damaged', `${path}: is not JSON; the file is damaged`, { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { path: at, message } = result.error.issues[0];
  const where = at.length === 0 ? '' : `${at.join('.')} `;
  throw new CheckpointError('damaged', `${path}: ${where}${message}; the file is damaged or of another version`);
};
