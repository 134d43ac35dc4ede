import { indexOfId, type SequentialModel } from '@recsys/model';
import { ServeError } from '../errors.js';
import type { AttributeFilters } from './attribute-filters.js';
import { catalogOf } from './held-model.js';
import type { HeldModel, KnownAnswer, ListRequest } from './messages.js';
import { scoreRequests } from './score-requests.js';

const request = (own: Partial<ListRequest>): ListRequest => ({
  kind: 'list',
  history: [],
  times: undefined,
  at: 0,
  k: 10,
  includeSeen: false,
  exclude: undefined,
  candidates: undefined,
  filter: undefined,
  diversity: 0,
  fallback: undefined,
  ...own,
});

/** Sizes of the batches that warm a model up: kernels and their memory are ready for one request and for many. */
const warmUpSizes = [1, 8, 64, 1];

/**
 * Answers some histories with a model, so that it is warm, and checks what it says: lists of items with scores that are numbers, and not all the same.
 * @throws {ServeError} `bad-model` on other lists.
 */
export const warmUp = (model: SequentialModel, filters: AttributeFilters): void => {
  const { ids } = model.config.catalog;
  const length = Math.min(8, ids.length);
  const historyOf = (n: number) => Array.from({ length }, (_, i) => ids[(n * 7919 + i * 104_729) % ids.length]);
  for (const size of warmUpSizes) {
    const requests = Array.from({ length: size }, (_, n) => {
      const history = historyOf(n);
      return request({ history, times: history.map((_, i) => i), at: history.length, includeSeen: true });
    });
    for (const outcome of scoreRequests(model, filters, requests)) {
      if ('error' in outcome) throw new ServeError('bad-model', `it does not answer: ${outcome.error.problem}`);
      const scores = outcome.items.map(({ score }) => score);
      if (scores.length === 0 || !scores.every(Number.isFinite))
        throw new ServeError('bad-model', 'it gives lists without scores that are numbers');
      if (ids.length > 1 && scores.length > 1 && scores.every((score) => score === scores[0]))
        throw new ServeError('bad-model', 'it gives every item the same score');
    }
  }
  const [similar] = scoreRequests(model, filters, [{ kind: 'similar', item: ids[0], k: 1 }]);
  if ('error' in similar) throw new ServeError('bad-model', `it has no similar items: ${similar.error.problem}`);
};

/**
 * Checks a model against the one that it replaces.
 *
 * @param minKeptItems the share of the other's items that it must know, 0 .. 1.
 * @throws {ServeError} `bad-model` when it knows too few of them, or needs times that requests to the other one need not have.
 */
export const checkReplacement = (
  model: SequentialModel,
  other: HeldModel,
  { minKeptItems, otherUsesTimes }: { minKeptItems: number; otherUsesTimes: boolean },
): void => {
  const { ids } = catalogOf(other);
  const kept = ids.filter((id) => indexOfId(model.config.catalog, id) > 0).length;
  if (kept < minKeptItems * ids.length)
    throw new ServeError('bad-model', `it knows ${kept} of the ${ids.length} items of the model that it would replace`);
  if (model.usesTimes === true && !otherUsesTimes)
    throw new ServeError('bad-model', 'it uses the times of histories, and the model that it would replace does not');
};

/** @throws {ServeError} `bad-model` when a list lacks an item that is known to be in it. */
export const checkKnownAnswers = (
  model: SequentialModel,
  filters: AttributeFilters,
  answers: readonly KnownAnswer[],
): void => {
  const outcomes = scoreRequests(
    model,
    filters,
    answers.map(({ history, times, k = 10 }) => request({ history, times, at: times?.at(-1) ?? 0, k })),
  );
  for (const [i, outcome] of outcomes.entries()) {
    const found = 'error' in outcome ? [] : outcome.items.map(({ item }) => String(item));
    const missing = answers[i].expect.find((item) => !found.includes(String(item)));
    if (missing !== undefined)
      throw new ServeError('bad-model', `known answer ${i + 1}: the list has no ${JSON.stringify(missing)}`);
  }
};
