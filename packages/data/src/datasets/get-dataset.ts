import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { findInCache, type GetDatasetOptions, putIntoCache } from './dataset-cache.js';
import { type Dataset, type DatasetName, datasets } from './datasets.js';

const optionNames: readonly (keyof GetDatasetOptions)[] = [
  'cacheDirectory',
  'archive',
  'url',
  'onProgress',
  'signal',
  'attempts',
  'retryDelay',
  'stallTimeout',
  'fetch',
];

/** What `index.ts` documents. */
export const getDataset = async (dataset: DatasetName | Dataset, options: GetDatasetOptions = {}): Promise<string> => {
  assertKnownOptions('getDataset', options, optionNames, { ErrorClass: DataError });
  const chosen = typeof dataset === 'string' ? datasetNamed('getDataset', dataset) : dataset;
  return (await findInCache(chosen, options.cacheDirectory)) ?? (await putIntoCache(chosen, options));
};

/** What `index.ts` documents. */
export const cachedDataset = async (
  dataset: DatasetName | Dataset,
  options: { cacheDirectory?: string } = {},
): Promise<string | undefined> => {
  assertKnownOptions('cachedDataset', options, ['cacheDirectory'], { ErrorClass: DataError });
  const chosen = typeof dataset === 'string' ? datasetNamed('cachedDataset', dataset) : dataset;
  return findInCache(chosen, options.cacheDirectory);
};

const datasetNamed = (where: string, name: string): Dataset => {
  const found = datasets.find((dataset) => dataset.name === name);
  if (found === undefined)
    throw new DataError(
      'bad-option',
      `${where}: there is no dataset ${JSON.stringify(name)}; the datasets are ${datasets.map((own) => own.name).join(', ')}`,
    );
  return found;
};
