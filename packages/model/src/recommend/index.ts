// What an application asks a model for: the next items of a history, and the items most like one.
export { CatalogFilter, catalogFilter } from './catalog-filter.js';
export { recommend, recommendBatch } from './recommend.js';
export type { ItemChoice, RecommendOptions } from './recommend-options.js';
export type { Recommendation } from './recommendation.js';
export { itemNorms, type SimilarItemsOptions, similarItems } from './similar-items.js';
