// The writer itself, for Node: loaded when the first file is written.
export { writeInteractions } from './write-interactions.js';
