import { DataError } from '../errors.js';
import { type DataSet, type DataSetName, dataSets } from './data-sets.js';
import type { DownloadOptions } from './download.js';

export interface GetDataSetOptions extends DownloadOptions {
  /** Where data sets are kept, each in a folder of its name. Default `.cache/recsys` in the user's home. */
  cacheDirectory?: string;
  /** Path of an archive that is there already: nothing is downloaded then. */
  archive?: string;
  /** Where to download from, in place of the data set's own address. */
  address?: string;
}

/**
 * Returns the path of a public data set, as CSV for `readInteractions`: `user,item,timestamp` in the ids of the archive, user after user, oldest
 * first. The first time it is downloaded, prepared, and compared with the counts it should have; then it comes from the cache. The archive stays
 * beside it, with its sha256.
 *
 * @param dataSet the name of one of `dataSets`, or one of your own.
 * @throws {DataError} on an unknown name, a download that fails (and says what to do without one), an archive that is damaged or gives other
 *   counts, or a cache that cannot be written. The reason of `signal` when it is aborted.
 */
export const getDataSet = async (dataSet: DataSetName | DataSet, options: GetDataSetOptions = {}): Promise<string> => {
  const { findInCache, putIntoCache } = await import('./data-set-cache.js');
  const chosen = typeof dataSet === 'string' ? dataSetNamed(dataSet) : dataSet;
  return (await findInCache(chosen, options.cacheDirectory)) ?? (await putIntoCache(chosen, options));
};

/**
 * Returns the path of a data set that `getDataSet` has put into the cache before; undefined where it has not.
 *
 * @throws {DataError} on an unknown name.
 */
export const cachedDataSet = async (
  dataSet: DataSetName | DataSet,
  { cacheDirectory }: { cacheDirectory?: string } = {},
): Promise<string | undefined> => {
  const { findInCache } = await import('./data-set-cache.js');
  return findInCache(typeof dataSet === 'string' ? dataSetNamed(dataSet) : dataSet, cacheDirectory);
};

const dataSetNamed = (name: string): DataSet => {
  const found = dataSets.find((dataSet) => dataSet.name === name);
  if (found === undefined)
    throw new DataError(
      `getDataSet: no data set ${JSON.stringify(name)}; there are ${dataSets.map((own) => own.name).join(', ')}`,
    );
  return found;
};
