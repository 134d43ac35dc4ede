import { DataError } from '../errors.js';
import { findInCache, type GetDatasetOptions, putIntoCache } from './dataset-cache.js';
import { type Dataset, type DatasetName, datasets } from './datasets.js';

/** What `index.ts` documents. */
export const getDataset = async (dataset: DatasetName | Dataset, options: GetDatasetOptions = {}): Promise<string> => {
  const chosen = typeof dataset === 'string' ? dataSetNamed(dataset) : dataset;
  return (await findInCache(chosen, options.cacheDirectory)) ?? (await putIntoCache(chosen, options));
};

/** What `index.ts` documents. */
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
