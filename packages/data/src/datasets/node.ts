// The download and the cache, for Node. Loaded by the first call.
export { cachedDataset, getDataset } from './get-dataset.js';
