// Public datasets. The download and the cache need Node; they are loaded by the first call.
import type { GetDatasetOptions } from './dataset-cache.js';
import type { Dataset, DatasetName } from './datasets.js';

export type { GetDatasetOptions } from './dataset-cache.js';
export { type Dataset, type DatasetName, datasets } from './datasets.js';
export type { DownloadOptions } from './download.js';

/**
 * Returns the path of a public dataset as a CSV file `user,item,timestamp`, with the ids of the archive, user by user, oldest first. On the first
 * call the archive is downloaded and prepared, and the numbers of users, items and interactions are checked; later calls use the cache. The archive
 * is kept beside the CSV file, with its sha256.
 *
 * @param dataset the name of one of `datasets`, or a description of your own.
 * @throws {DataError} on an unknown name or option, a failed download, a damaged archive or one with other counts, or a cache that cannot be
 *   written. Throws the reason of `signal` when that is aborted.
 * @example
 * const ratings = await readInteractions(await getDataset('ml-1m'));
 */
export const getDataset = async (dataset: DatasetName | Dataset, options: GetDatasetOptions = {}): Promise<string> =>
  (await import('./node.js')).getDataset(dataset, options);

/**
 * Returns the path of a dataset in the cache, or undefined if `getDataset` has not put it there yet.
 *
 * @param dataset the name of one of `datasets`, or a description of your own.
 * @param options.cacheDirectory directory of the cache. Default `.cache/recsys` in the user's home directory.
 * @throws {DataError} on an unknown name or option.
 * @example
 * const path = (await cachedDataset('ml-1m')) ?? (await getDataset('ml-1m'));
 */
export const cachedDataset = async (
  dataset: DatasetName | Dataset,
  options: { cacheDirectory?: string } = {},
): Promise<string | undefined> => (await import('./node.js')).cachedDataset(dataset, options);
