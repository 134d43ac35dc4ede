import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `ServeError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `bad-request`: a request does not fit its schema, or asks for what this service does not have.
 * - `unauthorized`: the token is missing or wrong.
 * - `forbidden`: the service was not started with what this request needs.
 * - `unknown-route`: there is no such address.
 * - `unknown-item`: the model does not know the item.
 * - `unknown-history`: the model knows no item of the history, and the request asks for an error then.
 * - `no-times`: the model uses times, and the request has none.
 * - `overloaded`: more requests wait than can be answered in time.
 * - `not-ready`: no model is loaded, or the service is closing.
 * - `bad-model`: a model was refused, and the one before it goes on.
 * - `thread-lost`: a scoring thread ended while it worked on the request, twice.
 * - `histories-unavailable`: the store of histories does not answer.
 * - `not-installed`: the client of a store is an optional package, and it is not installed.
 * - `request-failed`: the server answered a client with an error that has no body of this service.
 */
export type ServeErrorCode =
  | 'bad-option'
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-route'
  | 'unknown-item'
  | 'unknown-history'
  | 'no-times'
  | 'overloaded'
  | 'not-ready'
  | 'bad-model'
  | 'thread-lost'
  | 'histories-unavailable'
  | 'not-installed'
  | 'request-failed';

/**
 * A request, a setting or a model that the service refuses. Its code is that of the answer.
 * @example
 * await client.recommend({ user: 'ann' }).catch((error) => {
 *   if (error instanceof ServeError && error.code === 'overloaded') return { items: [] };
 *   throw error;
 * });
 */
export class ServeError extends RecsysError {
  override readonly name = 'ServeError';
  /** Seconds after which a new attempt makes sense; as the header `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(code: ServeErrorCode, problem: string, details: ErrorDetails & { retryAfter?: number } = {}) {
    const { retryAfter, ...own } = details;
    super(code, problem, own);
    this.retryAfter = retryAfter;
  }
}
