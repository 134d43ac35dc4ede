import { dirname, relative, resolve } from 'node:path';
import { ServeError } from '../errors.js';
import { type HistoryStore, memoryHistories } from '../histories/index.js';
import { ServeMetrics } from '../metrics/index.js';
import { ModelHost, watchModel } from '../models/index.js';
import type { BatchAnswer, ModelAnswer, RecommendAnswer, RecommendRequest, SimilarAnswer } from '../protocol/index.js';
import { RequestQueue, type Scored } from '../scoring/index.js';
import type { ListRequest } from '../thread/index.js';
import { Admission } from './admission.js';
import type { ServeSettings } from './options.js';

/** What the routes answer from: the model, the queue before it, and the histories of users. */
export class Service {
  readonly settings: ServeSettings;
  readonly metrics: ServeMetrics;
  readonly host: ModelHost;
  readonly histories: HistoryStore;
  readonly admission: Admission;
  readonly #queue: RequestQueue;
  #endWatch: () => void = () => undefined;
  #isClosing = false;

  private constructor(settings: ServeSettings) {
    this.settings = settings;
    this.histories = settings.histories ?? memoryHistories();
    this.#queue = new RequestQueue({
      ...settings,
      onBatch: (size, seconds) => {
        this.metrics.batchSize.observe(size);
        this.metrics.batchSeconds.observe(seconds);
      },
    });
    this.admission = new Admission({ ...settings, together: () => this.#queue.together });
    this.host = new ModelHost(this.#queue, {
      path: settings.model,
      items: settings.items,
      knownAnswers: settings.knownAnswers,
      threadData: settings.threadData,
      minKeptItems: settings.minKeptItems,
      threads: {
        module: settings.thread ?? new URL('./models-thread.js', import.meta.url),
        replicas: settings.replicas,
        threads: settings.threads,
        timeout: settings.batchTimeout,
      },
      onRefused: settings.onRefused ?? (() => undefined),
      onChange: settings.onModel ?? (() => undefined),
      metrics: () => this.metrics,
    });
    this.metrics = new ServeMetrics(settings.registry, {
      queueLength: () => this.#queue.length,
      requestsInFlight: () => this.admission.taken,
      threads: () => this.host.threads,
      model: () => this.host.model,
    });
  }

  /**
   * Resolves to a service when its model is ready.
   * @throws {ServeError} `bad-model` when it cannot be loaded.
   */
  static async start(settings: ServeSettings): Promise<Service> {
    const service = new Service(settings);
    const { watch, model } = settings;
    // Before the model is loaded, so that no change is missed.
    if (watch !== false)
      service.#endWatch = watchModel(model, { interval: 1000 * watch, load: () => service.host.load() });
    try {
      await service.host.load();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  /** Whether it was told to end. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Why requests should go elsewhere, or undefined. */
  async unreadiness(): Promise<string | undefined> {
    if (this.#isClosing) return 'the service is closing';
    if (this.host.threads === 0) return 'no scoring thread is ready';
    try {
      await this.histories.check();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Says that the service is about to close, so that no more requests are sent to it. */
  drain(): void {
    this.#isClosing = true;
    this.#endWatch();
  }

  /** Resolves when the requests that were made have their answers and the threads have ended. */
  async close(): Promise<void> {
    this.drain();
    await this.#queue.close();
    await this.host.close();
    await this.histories.close();
  }

  async recommend(request: RecommendRequest): Promise<RecommendAnswer> {
    const [result] = await this.admission.take(1, async () => this.#lists([await this.#listRequest(request)]));
    return result instanceof ServeError ? throwIt(result) : result;
  }

  async recommendBatch(requests: readonly RecommendRequest[]): Promise<BatchAnswer> {
    const results = await this.admission.take(requests.length, async () =>
      this.#lists(await Promise.all(requests.map((request) => this.#listRequest(request)))),
    );
    return {
      results: results.map((result) =>
        result instanceof ServeError ? { error: { code: result.code, message: result.problem } } : result,
      ),
    };
  }

  async similar(item: string, k = 10): Promise<SimilarAnswer> {
    const [scored] = await this.admission.take(1, () => this.#queue.score([{ kind: 'similar', item, k }]));
    const result = resultOf(scored);
    if (result instanceof ServeError) throw result;
    return { items: result.items, modelVersion: scored.version };
  }

  model(): ModelAnswer {
    const { backend: _, loadedAt, previousVersion, ...model } = this.host.model!;
    return {
      ...model,
      attributes: [...model.attributes],
      loadedAt: new Date(loadedAt).toISOString(),
      ...(previousVersion !== undefined && { previousVersion }),
    };
  }

  /**
   * Changes the model.
   * @param change.path in the folder of models; absent: the path that is served.
   * @throws {ServeError} `bad-model`, `forbidden`.
   */
  async changeModel({ path, rollback }: { path?: string | undefined; rollback?: true | undefined }): Promise<void> {
    await (rollback ? this.host.rollBack() : this.host.load(path && this.#pathIn(path)));
  }

  /** @throws {ServeError} `forbidden` on a path that leads out of the folder of models. */
  #pathIn(path: string): string {
    const { model, modelRoot = dirname(resolve(model)) } = this.settings;
    const full = resolve(modelRoot, path);
    const way = relative(modelRoot, full);
    if (way === '..' || way.startsWith('../') || resolve(way) === way)
      throw new ServeError('forbidden', 'path must be in the folder of models');
    return full;
  }

  async #listRequest(request: RecommendRequest): Promise<ListRequest> {
    const { user, k = 10, at = this.settings.now(), includeSeen = false, diversity = 0 } = request;
    const { exclude, candidates, filter, fallback } = request;
    const own =
      user === undefined ? { items: request.history!, times: request.times } : await this.histories.historyOf(user);
    const { items: history, times } = own;
    return { kind: 'list', history, times, at, k, includeSeen, exclude, candidates, filter, diversity, fallback };
  }

  async #lists(requests: readonly ListRequest[]): Promise<(RecommendAnswer | ServeError)[]> {
    const all = await this.#queue.score(requests);
    const { lists, fallbacks, historyItems, unknownItems } = this.metrics;
    return all.map((scored, i) => {
      const result = resultOf(scored);
      if (result instanceof ServeError) return result;
      lists.inc();
      historyItems.inc(requests[i].history.length);
      unknownItems.inc(result.unknownItems);
      if (result.fallback) fallbacks.inc();
      return result;
    });
  }
}

const throwIt = (error: ServeError): never => {
  throw error;
};

/** Codes of a scoring thread that are the request's own fault and keep their name; others are requests that do not fit. */
const requestCodes = ['bad-request', 'unknown-item', 'unknown-history', 'no-times'] as const;

const resultOf = ({ outcome, version }: Scored): RecommendAnswer | ServeError => {
  if ('error' in outcome) {
    const { code, problem } = outcome.error;
    const own = requestCodes.find((known) => known === code);
    return own === undefined ? new ServeError('bad-request', problem) : new ServeError(own, problem);
  }
  return {
    items: [...outcome.items],
    unknownItems: outcome.unknownItems,
    fallback: outcome.fallback,
    modelVersion: version,
  };
};
