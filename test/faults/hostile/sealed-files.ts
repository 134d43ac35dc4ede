import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentsOf } from '../small-run.ts';

export type Json = Record<string, unknown>;

const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** Writes checksums that are right for the files of a directory, as a stranger can. */
export const reseal = (directory: string): void => {
  const sums: Json = {};
  for (const name of contentsOf(directory).filter((own) => own !== 'checksums.json')) {
    const content = readFileSync(join(directory, name));
    sums[name] = { bytes: content.length, sha256: sha256(content) };
  }
  writeSums(directory, sums);
};

export const writeSums = (directory: string, files: unknown): void =>
  writeFileSync(
    join(directory, 'checksums.json'),
    JSON.stringify({ format: 1, files, sha256: sha256(JSON.stringify(files)) }),
  );

export const sumsOf = (directory: string): Json =>
  JSON.parse(readFileSync(join(directory, 'checksums.json'), 'utf8')).files as Json;

/** Changes a JSON file: the value at a path of keys becomes another one, or is removed. */
export const setIn = (file: string, path: string, value: unknown): void => {
  const root = JSON.parse(readFileSync(file, 'utf8')) as Json;
  const keys = path.split('/');
  const last = keys.pop()!;
  const holder = keys.reduce((at, key) => at[key] as Json, root);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  writeFileSync(file, JSON.stringify(root));
};
