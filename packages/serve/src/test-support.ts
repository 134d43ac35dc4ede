import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { afterAll } from 'vitest';
import type { ServerOptions } from './index.js';

/** What scoring threads run, as it is built. */
const thread = pathToFileURL(join(import.meta.dirname, '../dist/models-thread.js'));

/** Options under which tests on a busy machine are not refused. */
export const patient = {
  thread,
  threads: 1,
  watch: false,
  maxWait: 30_000,
} as const satisfies Partial<ServerOptions>;

/** Returns a folder that is removed after the tests. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-serve-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const itemNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `item-${i + 1}`);

/** Items 1, 2, …: `kind` is tea, cake or both, and the price is the number of the item. */
export const attributesOf = (ids: readonly string[]) => ({
  ids,
  columns: {
    kind: ids.map((_, i) => (i % 10 === 0 ? 'tea|cake' : i % 2 === 0 ? 'tea' : 'cake')),
    price: ids.map((_, i) => (i === 3 ? '' : String(i + 1))),
  },
});

/** Saves a model with random weights; the first items are the most popular. */
export const saveModel = async (path: string, { seed = 1, ids = itemNames(40) } = {}): Promise<SASRec<string>> => {
  await selectBackend();
  const catalog = { ids, first: 1 as const, counts: ids.map((_, i) => ids.length - i) };
  const model = new SASRec<string>({ catalog, maxLength: 8, hiddenUnits: 8, seed });
  await model.save(path);
  return model;
};
