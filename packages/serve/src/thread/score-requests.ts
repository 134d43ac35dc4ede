import { RecsysError } from '@recsys/errors';
import {
  CatalogFilter,
  catalogFilter,
  type Id,
  indexOfId,
  itemNorms,
  recommendBatch,
  type SequentialModel,
  similarItems,
} from '@recsys/model';
import { ServeError } from '../errors.js';
import type { AttributeFilters } from './attribute-filters.js';
import { canExplain, explainList } from './explain-list.js';
import type { ListRequest, Outcome, ScoreRequest, SimilarRequest } from './messages.js';

/** A request for a list whose filters are prepared. */
interface Prepared {
  /** Place among the requests. */
  readonly place: number;
  readonly request: ListRequest;
  readonly candidates: CatalogFilter | undefined;
}

/**
 * Returns the outcome of each request, in their order. Lists with the same settings are scored together; one that fails leaves the others alone.
 *
 * @param filters the attributes of the items of the model's catalog.
 */
export const scoreRequests = (
  model: SequentialModel,
  filters: AttributeFilters,
  requests: readonly ScoreRequest[],
): Outcome[] => {
  const outcomes = new Array<Outcome>(requests.length);
  const groups = new Map<string, Prepared[]>();
  requests.forEach((request, place) => {
    outcomes[place] = attempt(() => {
      if (request.kind === 'similar') return similarTo(model, request);
      const prepared = prepare(model, filters, request, place);
      if (request.kind === 'explain' && canExplain(model) && request.history.some((id) => isKnown(model, id)))
        return explainList(model, request, prepared.candidates);
      const key = groupOf(request);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key)!.push(prepared);
      return pending;
    });
  });
  for (const group of groups.values()) {
    try {
      makeLists(model, group).forEach((outcome, i) => {
        outcomes[group[i].place] = outcome;
      });
    } catch {
      // One of them is wrong; alone, each gets its own answer.
      for (const own of group) outcomes[own.place] = attempt(() => makeLists(model, [own])[0]);
    }
  }
  return outcomes;
};

/** Stands for an outcome until its group is scored. */
const pending: Outcome = { items: [], unknownItems: 0, fallback: false };

/** Returns an outcome, or the error of the library in its place. */
const attempt = (run: () => Outcome): Outcome => {
  try {
    return run();
  } catch (error) {
    if (!RecsysError.isInstance(error)) throw error;
    return { error: { code: error.code, problem: error.problem } };
  }
};

/** Returns what requests must have in common to be scored together. Without diversity, a shorter list is the start of a longer one. */
const groupOf = ({ diversity, includeSeen, fallback, k }: ListRequest): string =>
  JSON.stringify([diversity, includeSeen, fallback, diversity > 0 ? k : 0]);

/** @throws {ServeError} on a request that this model cannot answer. */
const prepare = (model: SequentialModel, filters: AttributeFilters, request: ListRequest, place: number): Prepared => {
  const { history, times, fallback, filter, candidates } = request;
  const { catalog } = model.config;
  const knowsSome = history.some((id) => isKnown(model, id));
  if (fallback === 'error' && !knowsSome)
    throw new ServeError('unknown-history', 'the model knows no item of this history');
  if (model.usesTimes === true && times === undefined && knowsSome)
    throw new ServeError(
      'no-times',
      'this model uses the times of the items of a history; give them as times, in seconds',
    );
  const byAttribute = filter === undefined ? undefined : filters.filter(filter);
  const byId = candidates === undefined ? undefined : catalogFilter(catalog, candidates);
  return { place, request, candidates: intersectionOf(byAttribute, byId) };
};

const isKnown = ({ config }: SequentialModel, id: Id): boolean => indexOfId(config.catalog, id) > 0;

const intersectionOf = (a: CatalogFilter | undefined, b: CatalogFilter | undefined): CatalogFilter | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  const inA = new Set(a.items);
  return new CatalogFilter(
    a.numItems,
    b.items.filter((item) => inA.has(item)),
    b.unknown,
  );
};

/** Returns the outcomes of requests with the same settings. */
const makeLists = (model: SequentialModel, group: readonly Prepared[]): Outcome[] => {
  const unknown = new Int32Array(group.length);
  const fallbacks = new Set<number>();
  const { diversity, includeSeen, fallback = fallbackOf(model) } = group[0].request;
  const lists = recommendBatch(
    model,
    group.map(({ request }) => request.history),
    {
      k: Math.max(...group.map(({ request }) => request.k)),
      capK: true,
      excludeSeen: !includeSeen,
      diversity,
      fallback: fallback === 'error' ? 'none' : fallback,
      candidates: (i) => group[i].candidates,
      exclude: (i) => group[i].request.exclude,
      times: model.usesTimes ? group.map(({ request }) => request.times ?? request.history.map(() => 0)) : undefined,
      at: group.map(({ request }) => request.at),
      onUnknownItems: (items, i) => {
        unknown[i] = items.length;
      },
      onFallback: (i) => fallbacks.add(i),
    },
  );
  return lists.map((list, i) => ({
    items: list.slice(0, group[i].request.k),
    unknownItems: unknown[i],
    fallback: fallbacks.has(i),
  }));
};

/** Returns what a history gets of which nothing is known, if the request does not say. */
const fallbackOf = ({ config }: SequentialModel): 'popular' | 'none' =>
  config.catalog.counts === undefined ? 'none' : 'popular';

/** The norms of each model, computed when they are first asked for. */
const norms = new WeakMap<SequentialModel, Float32Array>();

const normsOf = (model: SequentialModel): Float32Array => {
  if (!norms.has(model)) norms.set(model, itemNorms(model));
  return norms.get(model)!;
};

const similarTo = (model: SequentialModel, { item, k }: SimilarRequest): Outcome => {
  const { catalog } = model.config;
  if (indexOfId(catalog, item) < 0)
    throw new ServeError('unknown-item', `the model does not know the item ${JSON.stringify(item)}`);
  const items = similarItems(model, item, { k: Math.min(k, catalog.ids.length), norms: normsOf(model) });
  return { items, unknownItems: 0, fallback: false };
};
