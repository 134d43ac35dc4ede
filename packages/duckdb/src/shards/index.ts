// Reading a prepared directory: whole, or shard by shard.
// Imports database and directory.
export { readPrepared } from './read-prepared.js';
export { type PreparedShards, type ShardOptions, sequencesFromShards } from './sequences-from-shards.js';
