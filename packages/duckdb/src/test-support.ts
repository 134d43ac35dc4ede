import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserSequences } from '@recsys/data';
import { sha256Of } from '@recsys/data/node';
import { afterAll } from 'vitest';
import { Database } from './database/index.js';
import { literal } from './sql/index.js';

/** Returns a function that returns paths in a folder which is removed after the tests. */
export const scratchFolder = (): ((name: string) => string) => {
  const root = mkdtempSync(join(tmpdir(), 'recsys-prepare-'));
  afterAll(() => rmSync(root, { recursive: true }));
  return (name) => join(root, name);
};

/** Writes the result of a query as Parquet. */
export const writeParquet = async (path: string, query: string): Promise<void> => {
  const database = await Database.open({});
  await database.run(`copy (${query}) to ${literal(path)} (format parquet)`);
  database.close();
};

/** Returns sequences with their arrays as texts, which are compared faster than millions of numbers. */
export const comparable = ({ offsets, ends, items, timestamps, ...rest }: UserSequences) => ({
  ...rest,
  ...Object.fromEntries(
    Object.entries({ offsets, ends, items, timestamps }).map(([name, array]) => [
      name,
      array && `${array.constructor.name} ${array.length} ${sha256Of(array)}`,
    ]),
  ),
});
