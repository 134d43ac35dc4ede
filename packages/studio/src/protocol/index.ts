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
  Reason,
  RecommendedItem,
  SimilarAnswer,
  SimilarItem,
} from './models.js';
export type {
  EpochPoint,
  Interval,
  RunLog,
  RunStatus,
  RunSummary,
  RunsEvent,
  SettingValue,
  StudioEvent,
  TestResult,
} from './runs.js';
export { itemsQuerySchema, listRequestSchema, runQuerySchema, similarQuerySchema } from './schemas.js';
