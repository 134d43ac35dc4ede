// Tables of interactions, and what is made of them: sequences, splits, negatives, candidates and batches.
export {
  countShardBatches,
  countTrainBatches,
  historyBatch,
  partOfBatch,
  type SequenceBatch,
  type SequenceShards,
  type ShardBatchSourceOptions,
  shardBatchSource,
  type TrainBatchesOptions,
  type TrainBatchSource,
  type TrainBatchSourceOptions,
  trainBatches,
  trainBatchSource,
} from './batches/index.js';
export {
  type CandidateOptions,
  type CandidateSampler,
  readCandidates,
  sampledCandidates,
  sampledPerItemCandidates,
  type WriteCandidatesOptions,
  writeCandidates,
} from './candidates/index.js';
export { type QueryRowsOptions, queryRows } from './databases/index.js';
export {
  cachedDataset,
  type Dataset,
  type DatasetName,
  type DownloadOptions,
  datasets,
  type GetDatasetOptions,
  getDataset,
} from './datasets/index.js';
export { DataError, type DataErrorCode } from './errors.js';
export {
  attributeColumn,
  type CatalogFeatures,
  type FeatureColumn,
  type FeatureLayout,
  featuresOfCatalog,
  type ItemAttributes,
  type ItemFeatures,
  type ItemFeaturesOptions,
  itemFeatures,
  type ReadItemAttributesOptions,
  type ReadItemFeaturesOptions,
  readItemAttributes,
  readItemFeatures,
  type VectorColumn,
  widthOf,
} from './features/index.js';
export {
  fromItemNegatives,
  type ItemNegatives,
  inBatchNegatives,
  itemNegatives,
  logUniformNegatives,
  type MixedNegativesOptions,
  mixedNegatives,
  mixedProbabilities,
  type NegativeRequest,
  type NegativeSampler,
  popularityNegatives,
  uniformNegatives,
} from './negatives/index.js';
export {
  type HistoryLine,
  type InteractionFormat,
  type InteractionSource,
  type ReadHistoriesOptions,
  type ReadInteractionsOptions,
  type Row,
  readHistories,
  readInteractions,
} from './read/index.js';
export { Rng } from './rng.js';
export {
  countData,
  countItems,
  countTies,
  type DataCounts,
  type HistoryTimes,
  historyOf,
  historyTimesOf,
  type ToSequencesOptions,
  toSequences,
  type UserSequences,
} from './sequences/index.js';
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate/index.js';
export {
  type EvaluationSet,
  evaluationHistories,
  evaluationTimes,
  findLeakage,
  type Leakage,
  lastNSplit,
  leaveOneOut,
  type RatioSplitOptions,
  ratioSplit,
  type Split,
  type TemporalSplitOptions,
  type TemporalTarget,
  type TemporalValidation,
  temporalSplit,
  timeAtShare,
  withValidation,
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
export type { InteractionOrder, TimeKind } from './times/index.js';
export {
  deduplicate,
  describeOrder,
  type InteractionsSummary,
  type KCoreOptions,
  kCore,
  lengthRange,
  minRating,
  summarize,
  timeRange,
  topItems,
} from './verbs/index.js';
export { type OutputFormat, writeInteractions } from './write/index.js';
