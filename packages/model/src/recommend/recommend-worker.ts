import { type Id, type IdMap, indexOfId } from '@recsys/data';
import { type Advice, RecsysError } from '@recsys/errors';
import { workerData } from 'piscina';
import { selectBackend } from '../backends/index.js';
import type { SequentialModel } from '../contract/sequential-model.js';
import { CatalogFilter } from './catalog-filter.js';
import { recommend, recommendBatch } from './recommend.js';
import type { RecommendOptions } from './recommend-options.js';
import type { Recommendation } from './recommendation.js';

/** A filter as it is sent to a thread. */
export interface SentFilter {
  /** The same for the same filter, so that a thread prepares it once. */
  readonly name: number;
  readonly numItems: number;
  /** In memory that threads share. */
  readonly items: Int32Array;
  readonly unknown: readonly Id[];
}

/** A limit as it is sent: items of the same group have the same value. */
export interface SentLimit {
  /** A group for each item of the catalog, in the order of its ids, in memory that threads share. */
  readonly groups: Int32Array;
  readonly max: number;
}

type SentChoice = readonly Id[] | SentFilter | undefined;

/** A request as it is sent to a thread. */
export interface Task {
  readonly where: 'recommend' | 'recommendBatch';
  readonly histories: readonly (readonly Id[])[];
  readonly options: Omit<RecommendOptions, 'candidates' | 'exclude' | 'limit'>;
  /** Whether items that the model does not know are skipped. */
  readonly skipUnknown: boolean;
  readonly candidates: { readonly all: SentChoice } | { readonly each: readonly SentChoice[] } | undefined;
  readonly exclude: Task['candidates'];
  readonly limit: SentLimit | undefined;
}

/** The first task of a thread: it answers when it has loaded the model. */
export interface CatalogTask {
  readonly where: 'catalog';
  /** Whether the answer holds the catalog. */
  readonly wanted: boolean;
}

/** What a thread sends back: lists and what callbacks are told, or the error. */
export type Answer =
  | {
      readonly lists: Recommendation[][];
      readonly unknownItems: readonly (readonly [Id[], number])[];
      readonly unknownCandidates: readonly Id[][];
      readonly fallbacks: readonly number[];
    }
  | Refusal;

export type CatalogAnswer = { readonly catalog: IdMap | undefined } | Refusal;

/** An error as it is sent. */
export interface Refusal {
  readonly code: string;
  readonly problem: string;
  readonly advice: Advice | undefined;
}

/** Answers the requests that a `Recommender` sends. */
export type RecommendWorker = (task: object) => object;

/** How many prepared filters a thread keeps. */
const keptFilters = 32;

/**
 * Returns the function that a thread of a `Recommender` runs: the default export of a worker module.
 *
 * @param load loads the model.
 * @example
 * // gru-worker.ts
 * export default recommendWorker((path) => loadModel(path, (config) => new GRU4Rec(config)));
 */
export const recommendWorker = async (load: (path: string) => Promise<SequentialModel>): Promise<RecommendWorker> => {
  let model: SequentialModel;
  try {
    await selectBackend();
    model = await load(workerData);
  } catch (error) {
    const answer = answerOf(error);
    return () => answer;
  }
  const prepared = new Map<number, CatalogFilter>();
  const choiceOf = (sent: SentChoice): readonly Id[] | CatalogFilter | undefined => {
    if (sent === undefined || !('name' in sent)) return sent;
    let filter = prepared.get(sent.name);
    if (filter === undefined) {
      filter = new CatalogFilter(sent.numItems, sent.items, sent.unknown);
      prepared.set(sent.name, filter);
      if (prepared.size > keptFilters) prepared.delete(prepared.keys().next().value!);
    }
    return filter;
  };
  const itemsOf = (choice: Task['candidates']): RecommendOptions['candidates'] => {
    if (choice === undefined) return undefined;
    return 'each' in choice ? (i) => choiceOf(choice.each[i]) : choiceOf(choice.all);
  };
  const { catalog } = model.config;
  return (task) => {
    if ((task as Task | CatalogTask).where === 'catalog')
      return { catalog: (task as CatalogTask).wanted ? catalog : undefined };
    const { where, histories, options, skipUnknown, candidates, exclude, limit } = task as Task;
    const unknownItems: [Id[], number][] = [];
    const unknownCandidates: Id[][] = [];
    const fallbacks: number[] = [];
    const all: RecommendOptions = {
      ...options,
      candidates: itemsOf(candidates),
      exclude: itemsOf(exclude),
      limit: limit && { of: (item) => limit.groups[indexOfId(catalog, item) - catalog.first], max: limit.max },
      onUnknownItems: skipUnknown ? (items, i) => unknownItems.push([items, i]) : undefined,
      onUnknownCandidates: (items) => unknownCandidates.push(items),
      onFallback: (i) => fallbacks.push(i),
    };
    try {
      const lists =
        where === 'recommend' ? [recommend(model, histories[0], all)] : recommendBatch(model, histories, all);
      return { lists, unknownItems, unknownCandidates, fallbacks };
    } catch (error) {
      return answerOf(error);
    }
  };
};

/** Returns an error as it is sent: a thread's own errors lose their class on the way. */
const answerOf = (error: unknown): Refusal => {
  if (!RecsysError.isInstance(error)) throw error;
  const { code, problem, advice } = error;
  return { code, problem, advice };
};
