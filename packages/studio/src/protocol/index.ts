// What the server and the page say to each other: types for both, and schemas by which the server checks requests.
export type {
  Attention,
  AttributeInfo,
  FilterCondition,
  ItemFilter,
  ListAnswer,
  ListRequest,
  ModelAnswer,
  NamedItem,
  RecommendedItem,
  SimilarAnswer,
} from './models.js';
export type {
  EpochPoint,
  RunLog,
  RunStatus,
  RunSummary,
  SettingValue,
  StudioEvent,
  TestResult,
} from './runs.js';
export { itemsQuerySchema, listRequestSchema, runQuerySchema, similarQuerySchema } from './schemas.js';
