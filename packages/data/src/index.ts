// Tables of interactions, and what is made of them: sequences, splits, negatives, candidates, batches.

export { historyBatch } from './batches/history-batch.js';
export { countTrainBatches, type TrainBatchesOptions, trainBatches } from './batches/train-batches.js';
export {
  type CandidateOptions,
  type CandidateSampler,
  readCandidates,
  sampledCandidates,
  sampledPerItemCandidates,
  writeCandidates,
} from './candidates/index.js';
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
// Negatives, candidates and batches
export { inBatchNegatives } from './negatives/in-batch-negatives.js';
export { fromItemNegatives, type ItemNegatives, itemNegatives } from './negatives/item-negatives.js';
export { type NegativeSampler, uniformNegatives } from './negatives/negative-sampler.js';
export { countItems, logUniformNegatives, popularityNegatives } from './negatives/weighted-negatives.js';
// Reading and writing
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
// Randomness and errors
export { Rng } from './rng.js';
export { toSequences } from './sequences/to-sequences.js';
// Sequences and splits
export type { EvaluationSet, SequenceBatch, Split, UserSequences } from './sequences/types.js';
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate/simulate-interactions.js';
export { findLeakage, type Leakage } from './splits/leakage.js';
export { evaluationHistories, leaveOneOut } from './splits/leave-one-out.js';
export { type TemporalSplitOptions, temporalSplit, timeAtShare } from './splits/temporal-split.js';
export { lastNSplit, type RatioSplitOptions, ratioSplit } from './splits/user-splits.js';
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './table/id-map.js';
// Tables and ids
export { fromTable, type InteractionColumns, Interactions } from './table/interactions.js';
// Verbs: fewer interactions, and what they look like
export { deduplicate } from './verbs/deduplicate.js';
export { lengthRange, minRating, timeRange, topItems } from './verbs/filters.js';
export { type KCoreOptions, kCore } from './verbs/k-core.js';
export { type InteractionsSummary, summarize } from './verbs/summarize.js';
export { type OutputFormat, writeInteractions } from './write/index.js';
