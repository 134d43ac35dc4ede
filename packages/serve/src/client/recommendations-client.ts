import { assertKnownOptions } from '@recsys/errors';
import { ServeError, type ServeErrorCode } from '../errors.js';
import type {
  BatchAnswer,
  EventAnswer,
  EventRequest,
  ModelAnswer,
  ModelRequest,
  RecommendAnswer,
  RecommendRequest,
  SimilarAnswer,
} from '../protocol/index.js';

export interface ClientOptions {
  /** The bearer token of the service. Default none. */
  token?: string | undefined;
  /** Milliseconds that a request may take, attempts together. Default 10000. */
  timeout?: number | undefined;
  /** How often a request is made again that was refused by 503 or whose connection broke, >= 0. Default 2. */
  retries?: number | undefined;
  /** What makes requests. Default the global `fetch`. */
  fetch?: typeof fetch | undefined;
}

/** Milliseconds before a request is made again, if the answer does not say. */
const retryDelay = 100;

/**
 * A client of the service, typed by its schemas.
 *
 * @example
 * const client = new RecommendationsClient('http://localhost:8080');
 * await client.record({ user: 'ann', item: '296', id: 'click-17' });
 * const { items } = await client.recommend({ user: 'ann', k: 5, filter: { genres: 'Comedy' } });
 */
export class RecommendationsClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #fetch: typeof fetch;

  /** @param address of the service, with the prefix of its plugin if it has one. */
  constructor(address: string, options: ClientOptions = {}) {
    assertKnownOptions('RecommendationsClient', options, ['token', 'timeout', 'retries', 'fetch'], {
      ErrorClass: ServeError,
    });
    this.#base = address.replace(/\/+$/, '');
    this.#token = options.token;
    this.#timeout = options.timeout ?? 10_000;
    this.#retries = options.retries ?? 2;
    this.#fetch = options.fetch ?? ((...given) => fetch(...given));
  }

  /**
   * Resolves to the next items for a history, or for a user whose events the service has.
   * @throws {ServeError} with the code of the answer.
   */
  recommend(request: RecommendRequest): Promise<RecommendAnswer> {
    return this.#ask('POST', '/v1/recommend', request);
  }

  /**
   * Resolves to a result for each of many requests: a list, or the error of that request alone.
   * @throws {ServeError} with the code of the answer.
   */
  async recommendBatch(requests: readonly RecommendRequest[]): Promise<BatchAnswer['results']> {
    const { results } = await this.#ask<BatchAnswer>('POST', '/v1/recommend/batch', { requests });
    return results;
  }

  /**
   * Resolves to the items most like one.
   * @throws {ServeError} `unknown-item` when the model does not know it.
   */
  similar(item: string | number, { k }: { k?: number | undefined } = {}): Promise<SimilarAnswer> {
    const query = k === undefined ? '' : `?k=${k}`;
    return this.#ask('GET', `/v1/items/${encodeURIComponent(item)}/similar${query}`);
  }

  /**
   * Resolves when what a user did is recorded. Give it an `id`, so that an attempt whose answer was lost records it once.
   * @throws {ServeError} with the code of the answer.
   */
  record(event: EventRequest): Promise<EventAnswer> {
    return this.#ask('POST', '/v1/events', event, event.id !== undefined);
  }

  /** Resolves to what the service says of its model. */
  model(): Promise<ModelAnswer> {
    return this.#ask('GET', '/v1/model');
  }

  /**
   * Resolves to the model when another one has taken over, or the one before.
   * @throws {ServeError} `bad-model` when it was refused: the old one goes on.
   */
  changeModel(request: ModelRequest = {}): Promise<ModelAnswer> {
    return this.#ask('POST', '/v1/model', request, false);
  }

  /** @param isRepeatable whether it may be made again when its connection broke. */
  async #ask<Answer>(method: string, path: string, body?: object, isRepeatable = true): Promise<Answer> {
    const signal = AbortSignal.timeout(this.#timeout);
    const headers: Record<string, string> = {};
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    const init = { method, headers, signal, ...(body !== undefined && { body: JSON.stringify(body) }) };
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt >= this.#retries;
      let response: Response;
      try {
        response = await this.#fetch(this.#base + path, init);
      } catch (error) {
        if (isLast || !isRepeatable || signal.aborted) throw error;
        await pause(retryDelay);
        continue;
      }
      if (response.ok) return (await response.json()) as Answer;
      const error = await errorOf(response);
      // A store that did not answer may have recorded the event all the same.
      const isRefused = response.status === 503 && (isRepeatable || error.code === 'overloaded');
      if (isLast || !isRefused || signal.aborted) throw error;
      await pause(1000 * (error.retryAfter ?? retryDelay / 1000));
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Returns the error in an answer. */
const errorOf = async (response: Response): Promise<ServeError> => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const details = Number.isFinite(seconds) ? { retryAfter: seconds } : {};
  const body = (await response.json().catch(() => undefined)) as
    | { error?: { code?: unknown; message?: unknown } }
    | undefined;
  const { code, message } = body?.error ?? {};
  if (typeof code === 'string' && typeof message === 'string')
    return new ServeError(code as ServeErrorCode, message, details);
  return new ServeError('request-failed', `the server answered ${response.status}`, details);
};
