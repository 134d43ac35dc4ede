// The reader itself, for Node. Loaded when the first file is read.
export { readHistories } from './read-histories.js';
export { readInteractions } from './read-interactions.js';
