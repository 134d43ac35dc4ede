import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `QueueError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `redis-unavailable`: the server of Redis does not answer.
 * - `other-inputs`: the folder of inputs has other files than when the jobs were added.
 */
export type QueueErrorCode = 'bad-option' | 'redis-unavailable' | 'other-inputs';

/**
 * A queue of shards that cannot be used.
 * @example
 * await enqueueShards('redis://localhost:6379', folders).catch((error) => {
 *   if (error instanceof QueueError && error.code === 'redis-unavailable') console.error(error.message);
 *   throw error;
 * });
 */
export class QueueError extends RecsysError {
  override readonly name = 'QueueError';

  constructor(code: QueueErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
