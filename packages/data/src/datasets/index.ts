// Public datasets: what they are, and the door to the download and the cache, which need Node and are loaded with the first call.
import type { GetDatasetOptions } from './dataset-cache.js';
import type { Dataset, DatasetName } from './datasets.js';

export type { GetDatasetOptions } from './dataset-cache.js';
export { type Dataset, type DatasetName, datasets } from './datasets.js';
export type { DownloadOptions } from './download.js';

/**
 * Returns the path of a public dataset, as CSV for `readInteractions`: `user,item,timestamp` in the ids of the archive, user after user, oldest
 * first. The first time it is downloaded, prepared, and compared with the counts it should have; then it comes from the cache. The archive stays
 * beside it, with its sha256.
 *
 * @param dataset the name of one of `datasets`, or one of your own.
 * @throws {DataError} on an unknown name, a download that fails (and says what to do without one), an archive that is damaged or gives other
 *   counts, or a cache that cannot be written. The reason of `signal` when it is aborted.
 * @example
 * const path = await getDataset('ml-1m');
 */
export const getDataset = async (dataset: DatasetName | Dataset, options: GetDatasetOptions = {}): Promise<string> =>
  (await import('./node.js')).getDataset(dataset, options);

/**
 * Returns the path of a dataset that `getDataset` has put into the cache before; undefined where it has not.
 *
 * @throws {DataError} on an unknown name.
 * @example
 * const path = (await cachedDataset('ml-1m')) ?? (await getDataset('ml-1m'));
 */
export const cachedDataset = async (
  dataset: DatasetName | Dataset,
  options: { cacheDirectory?: string } = {},
): Promise<string | undefined> => (await import('./node.js')).cachedDataset(dataset, options);
