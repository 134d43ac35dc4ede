// What a model needs to recommend: id maps, batches of histories and seeded draws. Loads neither tables nor readers, so that pages and servers stay small.
export { historyBatch } from './batches/history-batch.js';
export type { SequenceBatch } from './batches/sequence-batch.js';
export { DataError, type DataErrorCode } from './errors.js';
export {
  type CatalogFeatures,
  type FeatureColumn,
  type FeatureLayout,
  featuresOfCatalog,
  type ItemFeatures,
  type VectorColumn,
  widthOf,
} from './features/item-features.js';
export { Rng } from './rng.js';
export type { DataCounts } from './sequences/count-data.js';
export type { HistoryTimes } from './sequences/history-times.js';
export { type Id, type IdMap, idAt, indexOfId, itemIds, userIds } from './table/id-map.js';
