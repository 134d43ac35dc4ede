// Reading a prepared directory: whole, or shard by shard.
// Imports database and directory.
export { readPrepared } from './read-prepared.js';
