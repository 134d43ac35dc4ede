// The readers of item features and attributes, for Node. Loaded when the first file is read.
export { readItemAttributes } from './read-item-attributes.js';
export { readItemFeatures } from './read-item-features.js';
