// The reader of item features, for Node. Loaded when the first file is read.
export { readItemFeatures } from './read-item-features.js';
