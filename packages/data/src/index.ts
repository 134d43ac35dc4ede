export {
  countTrainBatches,
  historyBatch,
  type SequenceBatch,
  type TrainBatchesOptions,
  trainBatches,
} from './batches/index.js';
export {
  type CandidateOptions,
  type CandidateSampler,
  readCandidates,
  sampledCandidates,
  sampledPerItemCandidates,
  writeCandidates,
} from './candidates/index.js';
export { type Dataset, type DatasetName, datasets } from './datasets/datasets.js';
export type { DownloadOptions } from './datasets/download.js';
export { cachedDataset, type GetDatasetOptions, getDataset } from './datasets/get-dataset.js';
export { DataError } from './errors.js';
export {
  fromItemNegatives,
  type ItemNegatives,
  inBatchNegatives,
  itemNegatives,
  logUniformNegatives,
  type NegativeSampler,
  popularityNegatives,
  uniformNegatives,
} from './negatives/index.js';
export type { Row } from './read/formats/read-rows.js';
export { type HistoryLine, type ReadHistoriesOptions, readHistories } from './read/read-histories.js';
export {
  type InteractionFormat,
  type InteractionSource,
  type ReadInteractionsOptions,
  readInteractions,
} from './read/read-interactions.js';
export { Rng } from './rng.js';
export { countItems, historyOf, toSequences, type UserSequences } from './sequences/index.js';
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate/index.js';
export {
  type EvaluationSet,
  evaluationHistories,
  findLeakage,
  type Leakage,
  lastNSplit,
  leaveOneOut,
  type RatioSplitOptions,
  ratioSplit,
  type Split,
  type TemporalSplitOptions,
  temporalSplit,
  timeAtShare,
} from './splits/index.js';
export {
  fromTable,
  type Id,
  type IdMap,
  type InteractionColumns,
  Interactions,
  idAt,
  indexOfId,
  itemIds,
  userIds,
} from './table/index.js';
export {
  deduplicate,
  type InteractionsSummary,
  type KCoreOptions,
  kCore,
  lengthRange,
  minRating,
  summarize,
  timeRange,
  topItems,
} from './verbs/index.js';
export { type OutputFormat, writeInteractions } from './write/write-interactions.js';
