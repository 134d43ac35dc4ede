// What an application asks a model for: the next items of a history, and the items most like one.
export { type RecommendOptions, recommend } from './recommend.js';
export type { Recommendation } from './recommendation.js';
export { type SimilarItemsOptions, similarItems } from './similar-items.js';
