import { availableParallelism } from 'node:os';
import type { Id, IdMap } from '@recsys/data';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import type { Piscina } from 'piscina';
import { ModelError, type ModelErrorCode } from '../errors.js';
import { CatalogFilter, catalogFilter } from './catalog-filter.js';
import { assertRecommendOptions, type RecommendOptions } from './recommend-options.js';
import type { Answer, CatalogAnswer, CatalogTask, Refusal, SentFilter, SentLimit, Task } from './recommend-worker.js';
import type { Recommendation } from './recommendation.js';

export interface RecommenderOptions {
  /** Number of threads, >= 1, each with its own copy of the model. Default one per core. */
  threads?: number | undefined;
}

/**
 * A model in a pool of threads: answers as the model itself would, and never blocks the event loop.
 *
 * @example
 * const recommender = await createRecommender<string>('runs/movies'); // of @recsys/sasrec/node
 * const lists = await recommender.recommendBatch(histories, { k: 10 });
 */
export class Recommender<OwnId extends Id = Id> {
  /** The items that the model knows. */
  readonly catalog: IdMap<OwnId>;
  readonly #pool: Piscina;
  /** The names of filters that were sent to threads, which keep the newest ones. */
  readonly #names = new WeakMap<CatalogFilter, SentFilter>();
  /** The groups of a limit by its function, which is asked about each item once. */
  readonly #groups = new WeakMap<Limit<OwnId>['of'], Int32Array>();
  /** Requests without an answer. */
  readonly #requests = new Set<Promise<Answer>>();
  #sent = 0;
  #isClosed = false;

  constructor(pool: Piscina, catalog: IdMap<OwnId>) {
    this.#pool = pool;
    this.catalog = catalog;
  }

  /**
   * Returns a filter of the catalog, to give to requests as `candidates` or `exclude`; see `catalogFilter`.
   *
   * @example
   * const inStock = recommender.filter(['296', '318']);
   * await recommender.recommend(history, { candidates: inStock });
   */
  filter(ids: Iterable<OwnId> | ((id: OwnId) => boolean)): CatalogFilter {
    return catalogFilter(this.catalog, ids);
  }

  /**
   * Resolves to the best next items for a history; see `recommend`.
   * @throws {ModelError} as `recommend`.
   */
  async recommend(history: readonly OwnId[], options: RecommendOptions<OwnId> = {}): Promise<Recommendation<OwnId>[]> {
    const [list] = await this.#run('recommend', [history], options);
    return list;
  }

  /**
   * Resolves to the best next items for each of many histories; see `recommendBatch`.
   * @throws {ModelError} as `recommendBatch`.
   */
  recommendBatch(
    histories: readonly (readonly OwnId[])[],
    options: RecommendOptions<OwnId> = {},
  ): Promise<Recommendation<OwnId>[][]> {
    return this.#run('recommendBatch', histories, options);
  }

  /** Number of requests that wait for a thread. */
  get queueLength(): number {
    return this.#pool.queueSize;
  }

  /** Answers the requests that were made, then ends the threads. Later requests are refused: `closed`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#requests);
    await this.#pool.destroy();
  }

  async #run(
    where: Task['where'],
    histories: readonly (readonly OwnId[])[],
    all: RecommendOptions<OwnId>,
  ): Promise<Recommendation<OwnId>[][]> {
    assertRecommendOptions(where, all);
    if (this.#isClosed) throw new ModelError('closed', `${where}: the recommender is closed`);
    const { onUnknownItems, onUnknownCandidates, onFallback, candidates, exclude, limit, ...options } = all;
    const task: Task = {
      where,
      histories,
      options,
      skipUnknown: onUnknownItems !== undefined,
      candidates: this.#choice(candidates, histories.length),
      exclude: this.#choice(exclude, histories.length),
      limit: limit && this.#sentLimit(limit),
    };
    const answer = await this.#answerTo(task);
    throwIfRefused(answer);
    for (const [items, i] of answer.unknownItems) onUnknownItems?.(items as OwnId[], i);
    for (const items of answer.unknownCandidates) onUnknownCandidates?.(items as OwnId[]);
    for (const i of answer.fallbacks) onFallback?.(i);
    return answer.lists as Recommendation<OwnId>[][];
  }

  async #answerTo(task: Task): Promise<Answer> {
    const request: Promise<Answer> = this.#pool.run(task);
    this.#requests.add(request);
    try {
      return await request;
    } finally {
      this.#requests.delete(request);
    }
  }

  /** Returns candidates or exclusions as they are sent: a filter by its shared memory, ids as they are, a function as what it gives. */
  #choice(choice: RecommendOptions<OwnId>['candidates'], count: number): Task['candidates'] {
    if (typeof choice === 'function')
      return { each: Array.from({ length: count }, (_, i) => this.#sentChoice(choice(i))) };
    return choice === undefined ? undefined : { all: this.#sentChoice(choice) };
  }

  #sentChoice(choice: readonly OwnId[] | CatalogFilter | undefined): readonly Id[] | SentFilter | undefined {
    if (!(choice instanceof CatalogFilter)) return choice;
    let sent = this.#names.get(choice);
    if (sent === undefined) {
      const items = new Int32Array(new SharedArrayBuffer(4 * choice.items.length));
      items.set(choice.items);
      this.#sent += 1;
      sent = { name: this.#sent, numItems: choice.numItems, items, unknown: choice.unknown };
      this.#names.set(choice, sent);
    }
    return sent;
  }

  /** Returns a limit as it is sent: the value of each item as a number, in memory that threads share. */
  #sentLimit({ of, max }: Limit<OwnId>): SentLimit {
    let groups = this.#groups.get(of);
    if (groups === undefined) {
      groups = new Int32Array(new SharedArrayBuffer(4 * this.catalog.ids.length));
      const numbers = new Map<unknown, number>();
      for (const [i, id] of this.catalog.ids.entries()) {
        const value = of(id);
        if (!numbers.has(value)) numbers.set(value, numbers.size);
        groups[i] = numbers.get(value)!;
      }
      this.#groups.set(of, groups);
    }
    return { groups, max };
  }
}

type Limit<OwnId extends Id> = NonNullable<RecommendOptions<OwnId>['limit']>;

function throwIfRefused<Given extends object>(answer: Given | Refusal): asserts answer is Given {
  if (!('problem' in answer)) return;
  const { code, problem, advice } = answer;
  throw new ModelError(code as ModelErrorCode, problem, { advice });
}

/**
 * Resolves to a recommender when all of its threads have loaded the model.
 *
 * @param worker the module that loads the model: its default export is `recommendWorker(load)`.
 * @param path a saved model, a checkpoint or a run directory.
 * @throws {ModelError} or what loading the model throws.
 * @example
 * const recommender = await startRecommender<string>(new URL('./gru-worker.js', import.meta.url), 'runs/gru', { threads: 2 });
 * await recommender.recommend(['296', '318'], { k: 10 });
 * await recommender.close();
 */
export const startRecommender = async <OwnId extends Id = Id>(
  worker: URL,
  path: string,
  options: RecommenderOptions = {},
): Promise<Recommender<OwnId>> => {
  assertKnownOptions('startRecommender', options, ['threads'], { ErrorClass: ModelError });
  const { threads = availableParallelism() } = options;
  assertInteger('startRecommender', 'threads', threads, { minimum: 1, maximum: 256, ErrorClass: ModelError });
  const { Piscina } = await import('piscina');
  const pool = new Piscina({
    filename: worker.href,
    workerData: path,
    minThreads: threads,
    maxThreads: threads,
    execArgv: [],
    env: { ...process.env, RECSYS_THREADS: '1' }, // threads answer requests side by side, so each computes on one
  });
  try {
    const answers: CatalogAnswer[] = await Promise.all(
      Array.from({ length: threads }, (_, i) => pool.run({ where: 'catalog', wanted: i === 0 } satisfies CatalogTask)),
    );
    for (const answer of answers) throwIfRefused(answer);
    return new Recommender(pool, (answers[0] as { catalog: IdMap<OwnId> }).catalog);
  } catch (error) {
    await pool.destroy();
    throw error;
  }
};
