import { existsSync } from 'node:fs';
import { cachedDataset, datasets } from '@recsys/data';
import { UsageError } from '../errors.js';

/** Returns the cache directory as an option: the given one, else `RECSYS_CACHE`, else none, which means the default. */
export const cacheOption = (given?: string): { cacheDirectory?: string } => {
  const cacheDirectory = given ?? process.env.RECSYS_CACHE;
  return cacheDirectory === undefined ? {} : { cacheDirectory };
};

/** Returns whether data is named by a URL, which no directory is put before. */
export const isUrl = (data: string): boolean => /^https?:\/\//i.test(data);

/**
 * Returns the path of data that may be named as `recsys data get` names it; a file of that name comes first.
 * @throws {UsageError} when it is not in the cache.
 */
export const locateData = async (data: string): Promise<string> => {
  const dataset = datasets.find(({ name }) => name === data);
  if (dataset === undefined || existsSync(data)) return data;
  const path = await cachedDataset(dataset, cacheOption());
  if (path === undefined)
    throw new UsageError(
      'usage',
      `${data}: no such file, and the dataset is not in the cache. Download it with: recsys data get ${data}`,
    );
  return path;
};
