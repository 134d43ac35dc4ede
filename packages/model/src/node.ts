// Saved models as directories, and models in threads: for Node alone.
export { currentFile } from './files/current-version.js';
export { parseJsonFile } from './files/json-file.js';
export { artifactFiles, directoryHandler, filesArtifacts, savedModelHandler } from './files/model-directory.js';
export { ModelsDirectory, type ModelVersion } from './files/models-directory.js';
export {
  checkpointNames,
  checkpointPattern,
  checkpointsOf,
  type OnDamaged,
  savedModelDirectory,
} from './files/run-layout.js';
export { type Files, readVerifiedDirectory, writeVerifiedDirectory } from './files/verified-directory.js';
export { type RecommendWorker, recommendWorker } from './recommend/recommend-worker.js';
export {
  Recommender,
  type RecommenderOptions,
  startRecommender,
} from './recommend/recommender.js';
export {
  answerHistories,
  blocksOfLines,
  type FileRecommendOptions,
  filterFingerprint,
  type HistoryAnswer,
  type HistoryAnswers,
  jsonLines,
  modelFingerprint,
  type RunOptions,
  type ShardRecord,
  type ShardRun,
  type ShardSettings,
  Shards,
  type ShardsManifest,
  type ShardsOptions,
  shardInputs,
} from './shards/index.js';
