// Recommending for many files of histories, by any number of processes on any number of machines. Needs Node.
export {
  answerHistories,
  blocksOfLines,
  type HistoryAnswer,
  type HistoryAnswers,
  jsonLines,
} from './answer-histories.js';
export { filterFingerprint, modelFingerprint } from './fingerprints.js';
export { shardInputs } from './list-inputs.js';
export type { ShardRecord, ShardSettings, ShardsManifest } from './records.js';
export { type RunOptions, type ShardRun, Shards } from './shards.js';
export type { FileRecommendOptions, ShardsOptions } from './shards-options.js';
