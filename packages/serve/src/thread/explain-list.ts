import type { CatalogFilter, SequentialModel } from '@recsys/model';
import type { SASRec } from '@recsys/sasrec';
import type { ListRequest, Outcome } from './messages.js';

/** A model that says why it recommends an item. */
type ExplainingModel = SequentialModel & Pick<SASRec, 'explain'>;

export const canExplain = (model: SequentialModel): model is ExplainingModel =>
  'explain' in model && typeof model.explain === 'function';

/** Returns a list as `recommend` makes it, with the reasons for each item. The model must know an item of the history. */
export const explainList = (
  model: ExplainingModel,
  { history, k, includeSeen, exclude, diversity }: ListRequest,
  candidates: CatalogFilter | undefined,
): Outcome => {
  let unknownItems = 0;
  const { items, weights, rollout, because } = model.explain(history, {
    k,
    capK: true,
    excludeSeen: !includeSeen,
    diversity,
    candidates,
    exclude,
    onUnknownItems: (unknown) => {
      unknownItems = unknown.length;
    },
    onUnknownCandidates: () => undefined,
  });
  return {
    items: because.map(({ item, score }) => ({ item, score })),
    unknownItems,
    fallback: false,
    why: {
      seen: items,
      rollout,
      attention: weights.map((heads) => heads.map((rows) => rows.at(-1)!)),
      reasons: because.map(({ reasons }) => reasons),
    },
  };
};
