import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countTies, type Id, type UserSequences } from '@recsys/data';
import { kebabCase, UsageError } from '../errors.js';
import { loadOptional } from '../load-optional.js';
import { type DataOptions, dataOptions } from './data-options.js';
import type { DataSource } from './data-source.js';
import { pickOptions } from './options.js';
import type { DataOrder } from './report-order.js';

type DuckDB = typeof import('@recsys/duckdb');

/**
 * Returns the package that prepares data and reads what was prepared.
 * @throws {UsageError} when it is not installed.
 */
export const loadDuckDB = (purpose: string): Promise<DuckDB> =>
  loadOptional('@recsys/duckdb', purpose, () => import('@recsys/duckdb'));

/** Returns the path of a prepared directory; undefined for any other source. */
export const preparedAt = async (source: DataSource): Promise<string | undefined> => {
  if (typeof source !== 'string' || !existsSync(join(source, 'manifest.json'))) return undefined;
  const { isPrepared } = await loadDuckDB(`reading the prepared directory ${source}`);
  return (await isPrepared(source)) ? source : undefined;
};

/** What a prepared directory holds. */
interface Prepared {
  readonly sequences: UserSequences;
  readonly skipped: number;
  readonly order: DataOrder;
}

/**
 * Reads a prepared directory.
 *
 * @param items ids of items to have in the catalog even if the data does not have them.
 * @throws {UsageError} on a flag that says how to read or filter other data.
 */
export const readPreparedData = async (
  path: string,
  options: DataOptions,
  items: readonly Id[] = [],
): Promise<Prepared> => {
  const [flag] = Object.keys(pickOptions(dataOptions, options));
  if (flag !== undefined)
    throw new UsageError(
      'usage',
      `${path}: is prepared, so --${kebabCase(flag)} has no effect; give it to recsys data prepare`,
    );
  const { readManifest, readPrepared } = await loadDuckDB(`reading the prepared directory ${path}`);
  const { counts, order, orderInWords } = await readManifest(path);
  const sequences = withItems(await readPrepared(path), items);
  return {
    sequences,
    skipped: counts.skipped,
    order: {
      ...order,
      text: orderInWords,
      interactions: counts.interactions,
      ...(order.finer === undefined && { ties: countTies(sequences) }),
    } as DataOrder,
  };
};

/** Returns sequences with further items in their catalog, after those that it has, as `toSequences` puts them there. */
const withItems = (sequences: UserSequences, items: readonly Id[]): UserSequences => {
  if (items.length === 0) return sequences;
  const { ids, counts = [], first } = sequences.catalog;
  const seen = new Set(ids.map(String));
  const more = items.filter((id) => !seen.has(String(id)) && seen.add(String(id)));
  return { ...sequences, catalog: { ids: [...ids, ...more], first, counts: [...counts, ...more.map(() => 0)] } };
};
