// Where the service keeps what its users did: in memory, in Redis or in PostgreSQL.
export type { History, HistoryStore, UserEvent } from './history-store.js';
export { type MemoryHistoriesOptions, memoryHistories } from './memory-histories.js';
export { type PostgresHistoriesOptions, postgresHistories } from './postgres-histories.js';
export { type RedisHistoriesOptions, redisHistories } from './redis-histories.js';
