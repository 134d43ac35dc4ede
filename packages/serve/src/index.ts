// A trained model as a service: a plugin for Fastify, a server, and stores of histories.

export { ServeError, type ServeErrorCode } from './errors.js';
export {
  type History,
  type HistoryStore,
  type MemoryHistoriesOptions,
  memoryHistories,
  type PostgresHistoriesOptions,
  postgresHistories,
  type RedisHistoriesOptions,
  redisHistories,
  type UserEvent,
} from './histories/index.js';
export type { LoadedModel } from './models/index.js';
export { createServer, type RecommendationsOptions, recommendations, type ServerOptions } from './server/index.js';
export type { ItemsSource, KnownAnswer, ModelInfo } from './thread/index.js';
