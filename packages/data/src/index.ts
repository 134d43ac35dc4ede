export { historyBatch } from './batches/history-batch.js';
export type { SequenceBatch } from './batches/sequence-batch.js';
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
export { logUniformNegatives } from './negatives/log-uniform-negatives.js';
export type { NegativeSampler } from './negatives/negative-sampler.js';
export { popularityNegatives } from './negatives/popularity-negatives.js';
export { uniformNegatives } from './negatives/uniform-negatives.js';
export type { Row } from './read/formats/read-rows.js';
export { type HistoryLine, type ReadHistoriesOptions, readHistories } from './read/read-histories.js';
export {
  type InteractionFormat,
  type InteractionSource,
  type ReadInteractionsOptions,
  readInteractions,
} from './read/read-interactions.js';
export { Rng } from './rng.js';
export { countItems } from './sequences/count-items.js';
export { historyOf } from './sequences/history-of.js';
export { toSequences } from './sequences/to-sequences.js';
export type { UserSequences } from './sequences/user-sequences.js';
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate/simulate-interactions.js';
export { lastNSplit } from './splits/last-n-split.js';
export { findLeakage, type Leakage } from './splits/leakage.js';
export { evaluationHistories, leaveOneOut } from './splits/leave-one-out.js';
export { type RatioSplitOptions, ratioSplit } from './splits/ratio-split.js';
export type { EvaluationSet, Split } from './splits/split.js';
export { type TemporalSplitOptions, temporalSplit, timeAtShare } from './splits/temporal-split.js';
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './table/id-map.js';
export { fromTable, type InteractionColumns, Interactions } from './table/interactions.js';
export { deduplicate } from './verbs/deduplicate.js';
export { lengthRange, minRating, timeRange, topItems } from './verbs/filters.js';
export { type KCoreOptions, kCore } from './verbs/k-core.js';
export { type InteractionsSummary, summarize } from './verbs/summarize.js';
export { type OutputFormat, writeInteractions } from './write/write-interactions.js';
