// Scoring threads and the queue before them.
export { RequestQueue, type Scored } from './request-queue.js';
export { startThreadGroup, type ThreadGroup, type ThreadSettings, UnchangedModel } from './thread-group.js';
