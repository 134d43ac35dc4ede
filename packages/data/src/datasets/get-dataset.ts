import { DataError } from '../errors.js';
import { findInCache, type GetDatasetOptions, putIntoCache } from './dataset-cache.js';
import { type Dataset, type DatasetName, datasets } from './datasets.js';

/**
 * Returns the path of a public dataset, as CSV for `readInteractions`: `user,item,timestamp` in the ids of the archive, user after user, oldest
 * first. The first time it is downloaded, prepared, and compared with the counts it should have; then it comes from the cache. The archive stays
 * beside it, with its sha256.
 *
 * @param dataset the name of one of `datasets`, or one of your own.
 * @throws {DataError} on an unknown name, a download that fails (and says what to do without one), an archive that is damaged or gives other
 *   counts, or a cache that cannot be written. The reason of `signal` when it is aborted.
 */
export const getDataset = async (dataset: DatasetName | Dataset, options: GetDatasetOptions = {}): Promise<string> => {
  const chosen = typeof dataset === 'string' ? dataSetNamed(dataset) : dataset;
  return (await findInCache(chosen, options.cacheDirectory)) ?? (await putIntoCache(chosen, options));
};

/**
 * Returns the path of a dataset that `getDataset` has put into the cache before; undefined where it has not.
 *
 * @throws {DataError} on an unknown name.
 */
export const cachedDataset = async (
  dataset: DatasetName | Dataset,
  { cacheDirectory }: { cacheDirectory?: string } = {},
): Promise<string | undefined> => {
  return findInCache(typeof dataset === 'string' ? dataSetNamed(dataset) : dataset, cacheDirectory);
};

const dataSetNamed = (name: string): Dataset => {
  const found = datasets.find((dataset) => dataset.name === name);
  if (found === undefined)
    throw new DataError(
      'bad-data',
      `getDataset: no dataset ${JSON.stringify(name)}; there are ${datasets.map((own) => own.name).join(', ')}`,
    );
  return found;
};
