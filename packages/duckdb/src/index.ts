// Interactions that do not fit in memory: prepared for training by DuckDB, and read from what was prepared.
export { isPrepared, type Manifest, type PreparedFile, type PreparedShard, readManifest } from './directory/index.js';
export { PrepareError, type PrepareErrorCode } from './errors.js';
export { type PrepareFilters, type PrepareOptions, type PrepareProgress, prepare } from './prepare/index.js';
export { type PreparedShards, readPrepared, type ShardOptions, sequencesFromShards } from './shards/index.js';
