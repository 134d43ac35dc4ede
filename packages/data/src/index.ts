export { historyBatch } from './batches/history-batch.js';
export { countTrainBatches, type TrainBatchesOptions, trainBatches } from './batches/train-batches.js';
export { readCandidates, writeCandidates } from './candidates/candidate-file.js';
export {
  type CandidateOptions,
  type CandidateSampler,
  sampledCandidates,
  sampledPerItemCandidates,
} from './candidates/sampled-candidates.js';
export { type Dataset, type DatasetName, datasets } from './datasets/datasets.js';
export type { DownloadOptions } from './datasets/download.js';
export { cachedDataset, type GetDatasetOptions, getDataset } from './datasets/get-dataset.js';
export { DataError } from './errors.js';
export { inBatchNegatives } from './negatives/in-batch-negatives.js';
export { fromItemNegatives, type ItemNegatives, itemNegatives } from './negatives/item-negatives.js';
export { type NegativeSampler, uniformNegatives } from './negatives/negative-sampler.js';
export { countItems, logUniformNegatives, popularityNegatives } from './negatives/weighted-negatives.js';
export type { Row } from './read/formats/read-rows.js';
export { type HistoryLine, type ReadHistoriesOptions, readHistories } from './read/read-histories.js';
export {
  type InteractionFormat,
  type InteractionSource,
  type ReadInteractionsOptions,
  readInteractions,
} from './read/read-interactions.js';
export { Rng } from './rng.js';
export { toSequences } from './sequences/to-sequences.js';
export type { EvaluationSet, SequenceBatch, Split, UserSequences } from './sequences/types.js';
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate/simulate-interactions.js';
export { findLeakage, type Leakage } from './splits/leakage.js';
export { evaluationHistories, leaveOneOut } from './splits/leave-one-out.js';
export { type TemporalSplitOptions, temporalSplit, timeAtShare } from './splits/temporal-split.js';
export { lastNSplit, type RatioSplitOptions, ratioSplit } from './splits/user-splits.js';
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './table/id-map.js';
export { fromTable, type InteractionColumns, Interactions } from './table/interactions.js';
export { deduplicate } from './verbs/deduplicate.js';
export { lengthRange, minRating, timeRange, topItems } from './verbs/filters.js';
export { type KCoreOptions, kCore } from './verbs/k-core.js';
export { type InteractionsSummary, summarize } from './verbs/summarize.js';
export { type OutputFormat, writeInteractions } from './write/write-interactions.js';
