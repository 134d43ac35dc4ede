export { inBatchNegatives } from './batch-negatives.js';
export { loadCandidates, saveCandidates } from './candidate-file.js';
export { deduplicate } from './deduplicate.js';
export { describe, type InteractionsSummary } from './describe.js';
export { DataError } from './errors.js';
export {
  type CandidateOptions,
  type CandidateSampler,
  sampledCandidates,
  seedSampledCandidates,
} from './evaluation-candidates.js';
export { lengthRange, minRating, timeRange, topItems } from './filters.js';
export { historyBatch } from './history-batch.js';
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './id-map.js';
export { fromTable, type InteractionColumns, Interactions } from './interactions.js';
export { fromItemNegatives, type ItemNegatives, itemNegatives } from './item-negatives.js';
export { type KCoreOptions, kCore } from './k-core.js';
export { findLeakage, type Leakage } from './leakage.js';
export { evaluationHistories, leaveOneOut } from './leave-one-out.js';
export { type NegativeSampler, uniformNegatives } from './negative-sampler.js';
export { type HistoryLine, type ReadHistoriesOptions, readHistories } from './read-histories.js';
export {
  type InteractionFormat,
  type InteractionSource,
  type ReadInteractionsOptions,
  readInteractions,
} from './read-interactions.js';
export type { Row } from './read-rows.js';
export { type DataSet, type DataSetName, dataSets } from './registry/data-sets.js';
export type { DownloadOptions } from './registry/download.js';
export { cachedDataSet, type GetDataSetOptions, getDataSet } from './registry/get-data-set.js';
export { Rng } from './rng.js';
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate-interactions.js';
export { type TemporalSplitOptions, temporalSplit, timeAtShare } from './temporal-split.js';
export { toSequences } from './to-sequences.js';
export { countTrainBatches, type TrainBatchesOptions, trainBatches } from './train-batches.js';
export type { EvaluationSet, SequenceBatch, Split, UserSequences } from './types.js';
export { lastNSplit, type RatioSplitOptions, ratioSplit } from './user-splits.js';
export { countItems, logUniformNegatives, popularityNegatives } from './weighted-negatives.js';
export { type OutputFormat, writeInteractions } from './write-interactions.js';
