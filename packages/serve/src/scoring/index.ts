// Scoring threads and the queue before them.
export { RequestQueue, type Scored } from './request-queue.js';
export {
  type ListSettings,
  type ScoredList,
  type Scoring,
  type ScoringOptions,
  startScoring,
} from './start-scoring.js';
export { startThreadGroup, type ThreadGroup, type ThreadSettings, UnchangedModel } from './thread-group.js';
