// The writer itself, for Node. Loaded when the first file is written.
export { writeInteractions } from './write-interactions.js';
