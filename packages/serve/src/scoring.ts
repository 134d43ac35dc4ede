// A model in a thread of its own, for a program that is no service.
export { ServeError, type ServeErrorCode } from './errors.js';
export type { Condition, ItemFilter } from './protocol/index.js';
export {
  type ListSettings,
  type ScoredList,
  type Scoring,
  type ScoringOptions,
  startScoring,
} from './scoring/index.js';
export type { ItemsSource, ListReasons, ListRequest, ModelInfo, Outcome } from './thread/index.js';
