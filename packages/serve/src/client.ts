// A typed client of the service, on `fetch`: for Node and pages.
export { type ClientOptions, RecommendationsClient } from './client/recommendations-client.js';
export { ServeError, type ServeErrorCode } from './errors.js';
export type {
  BatchAnswer,
  BatchRequest,
  Condition,
  EventAnswer,
  EventRequest,
  ItemFilter,
  ModelAnswer,
  ModelRequest,
  RecommendAnswer,
  RecommendRequest,
  SimilarAnswer,
} from './protocol/index.js';
