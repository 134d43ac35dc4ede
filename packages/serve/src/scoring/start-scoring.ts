import { assertKnownOptions } from '@recsys/errors';
import type { Id, IdMap } from '@recsys/model';
import { ServeError, type ServeErrorCode } from '../errors.js';
import { catalogOf, type ItemsSource, type ListRequest, type ModelInfo, type Outcome } from '../thread/index.js';
import { RequestQueue } from './request-queue.js';
import { startThreadGroup } from './thread-group.js';

/** Options of `startScoring`. */
export interface ScoringOptions {
  /** A file of items with their attributes, by which requests filter, or what `readItemAttributes` returns. Default none. */
  items?: ItemsSource | undefined;
  /** A module that runs `serveThread` for a model of your own. Default one that loads SASRec and HSTU. */
  thread?: URL | undefined;
  /** What that module is told: the second parameter of its `load`. Default undefined. */
  threadData?: unknown;
  /** Threads of the backend that compute, 1 .. 64. Default 1. */
  threads?: number | undefined;
  /** Milliseconds that a request may take before its thread is taken for lost, >= 100. Default 30000. */
  timeout?: number | undefined;
}

/** Settings of a list, beside its history. */
export type ListSettings = Partial<Omit<ListRequest, 'kind' | 'history'>>;

/** An answer that is no error. */
export type ScoredList = Exclude<Outcome, { readonly error: unknown }>;

/** A model in a thread of its own. A thread that is lost is started again. */
export interface Scoring {
  readonly info: ModelInfo;
  /** The catalog of the model. */
  readonly catalog: IdMap;
  /**
   * Resolves to the list for a history, with `why` where the model can say it. `k` is 10 by default.
   * @throws {ServeError} when it cannot be made, with the code of the reason.
   */
  explain(history: readonly Id[], settings?: ListSettings): Promise<ScoredList>;
  /**
   * Resolves to the items most like one, by cosine.
   * @throws {ServeError} `unknown-item`.
   */
  similar(item: Id, k?: number): Promise<ScoredList>;
  /** Answers the requests that were made, and ends the thread. */
  close(): Promise<void>;
}

/**
 * Resolves to a model that computes in a thread of its own, when it is loaded, checked and warm: for a program that asks it from time to time.
 *
 * @param path a run directory, a checkpoint, a saved model or a folder of models.
 * @throws {ServeError} `bad-option`; `bad-model` with the reason when it cannot be loaded; its `cause` has the code, such as `not-trained`.
 * @example
 * const scoring = await startScoring('runs/movies');
 * const { items, why } = await scoring.explain(['296', '318'], { k: 5 });
 * await scoring.close();
 */
export const startScoring = async (path: string, options: ScoringOptions = {}): Promise<Scoring> => {
  assertKnownOptions('startScoring', options, ['items', 'thread', 'threadData', 'threads', 'timeout'], {
    ErrorClass: ServeError,
  });
  const { items, threads = 1, timeout = 30_000 } = options;
  const group = await startThreadGroup(
    { source: path, items, unlessVersion: undefined, replaces: undefined, knownAnswers: [], own: options.threadData },
    {
      module: options.thread ?? new URL('./models-thread.js', import.meta.url),
      replicas: 1,
      threads,
      timeout,
      onLost: () => undefined,
    },
  );
  const queue = new RequestQueue({
    maxQueue: 256,
    maxWait: timeout,
    maxBatch: 16,
    batchWait: 0,
    onBatch: () => undefined,
  });
  queue.use(group);
  const score = async (request: Parameters<RequestQueue['score']>[0][number]): Promise<ScoredList> => {
    const [{ outcome }] = await queue.score([request]);
    if ('error' in outcome) throw new ServeError(outcome.error.code as ServeErrorCode, outcome.error.problem);
    return outcome;
  };
  return {
    info: group.info,
    catalog: catalogOf(group.held),
    explain: (history, settings) => score({ ...defaults, ...settings, kind: 'explain', history }),
    similar: (item, k = 10) => score({ kind: 'similar', item, k }),
    close: async () => {
      await queue.close();
      await group.retire();
    },
  };
};

const defaults: Omit<ListRequest, 'kind' | 'history'> = {
  times: undefined,
  at: 0,
  k: 10,
  includeSeen: false,
  exclude: undefined,
  candidates: undefined,
  filter: undefined,
  diversity: 0,
  fallback: undefined,
};
