// Downloading and the cache, for Node: loaded when the first dataset is asked for.
export { cachedDataset, getDataset } from './get-dataset.js';
