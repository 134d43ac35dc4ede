import { attentionRollout } from '@recsys/layers';
import {
  historyBatch,
  type Id,
  type IdMap,
  indexOfId,
  ModelError,
  type RecommendOptions,
  recommend,
  type SequenceBatch,
  type SequentialModel,
} from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';

/** Options of `SASRec.explain`: those of `recommend` but the fallback, which has no reasons. */
export type ExplainOptions<OwnId extends Id = Id> = Omit<RecommendOptions<OwnId>, 'fallback' | 'onFallback'>;

/** An item of the history, and its share in a recommendation. */
export interface Reason<OwnId extends Id = Id> {
  readonly item: OwnId;
  /** Above 0, at most 1; those of a recommendation sum to 1. */
  readonly share: number;
}

/** A recommended item, and the items of the history that speak for it. */
export interface ExplainedItem<OwnId extends Id = Id> {
  readonly item: OwnId;
  /** As `recommend` gives it. */
  readonly score: number;
  /** Largest share first; empty if no item of the history has an embedding like that of the item. */
  readonly reasons: readonly Reason<OwnId>[];
}

/** What a model attended to. */
export interface Explanation<OwnId extends Id = Id> {
  /** The items that the model saw, oldest first: those that it knows, and at most the newest `maxLength`. */
  readonly items: readonly OwnId[];
  /** `weights[block][head][i][j]`: how much token i attends to token j, both places in `items`; row i sums to 1 over j = 0 .. i. */
  readonly weights: readonly (readonly (readonly (readonly number[])[])[])[];
  /** The share of each of `items` in the newest state, by attention rollout; sums to 1. */
  readonly rollout: readonly number[];
  /** What is recommended, best first, and why. */
  readonly because: readonly ExplainedItem<OwnId>[];
}

/** A model whose attention weights can be read. */
interface Attending {
  readonly model: SequentialModel & { readonly config: { readonly maxLength: number; readonly residuals: boolean } };
  /** Returns the weights of each block, float32 `[numHeads, length, length]`, for a batch of one sequence; owned by the caller. */
  readonly attentionWeights: (batch: SequenceBatch) => tf.Tensor3D[];
}

/** Returns what `SASRec.explain` documents. */
export const explain = <OwnId extends Id>(
  { model, attentionWeights }: Attending,
  history: readonly OwnId[],
  options: ExplainOptions<OwnId> = {},
): Explanation<OwnId> => {
  const { ids } = model.config.catalog as IdMap<OwnId>;
  const { maxLength, residuals } = model.config;
  const recommended = recommend(model, history, options);
  const known = history.map((id) => indexOfId(model.config.catalog, id)).filter((index) => index > 0);
  if (known.length === 0)
    throw new ModelError(
      'unknown-item',
      'explain: the history has no item that the model knows, so nothing is attended to',
    );
  const batch = historyBatch([Int32Array.from(known)], { maxLength });
  const items = Array.from(batch.items, (index) => ids[index - 1]);
  const { weights, rollout } = readWeights(attentionWeights(batch), { length: items.length, residuals });
  const wanted = recommended.map(({ item }) => indexOfId(model.config.catalog, item));
  const similarity = similarities(model, Int32Array.from(wanted), batch.items);
  const because = recommended.map((own, i) => ({ ...own, reasons: reasonsOf(items, rollout, similarity[i]) }));
  return { items, weights, rollout, because };
};

/** Returns weights as numbers, and the newest row of their rollout. Frees the weights. */
const readWeights = (
  blocks: tf.Tensor3D[],
  { length, residuals }: { length: number; residuals: boolean },
): Pick<Explanation, 'weights' | 'rollout'> => {
  const weights = blocks.map((block) => block.arraySync());
  if (blocks.length === 0) return { weights, rollout: Array.from({ length }, (_, j) => (j === length - 1 ? 1 : 0)) };
  const rollout = tf.tidy(() => attentionRollout(blocks, { residuals }).arraySync()[length - 1]);
  tf.dispose(blocks);
  return { weights, rollout };
};

/** Returns the cosines of items with items of a history, a row for each item. */
const similarities = (model: SequentialModel, items: Int32Array, history: Int32Array): number[][] => {
  if (items.length === 0) return [];
  const rows = (indices: Int32Array) => tf.gather(model.itemVectors(), tf.tensor1d(indices, 'int32'));
  const [wanted, given] = tf.tidy(() => [items, history].map((indices) => (rows(indices) as tf.Tensor2D).arraySync()));
  return wanted.map((a) => given.map((b) => cosine(a, b)));
};

const cosine = (a: readonly number[], b: readonly number[]): number =>
  dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) || 0;

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Returns the shares of items in a recommendation; those of an item that is in the history twice are added up. */
const reasonsOf = <OwnId extends Id>(
  items: readonly OwnId[],
  rollout: readonly number[],
  similarity: readonly number[],
): Reason<OwnId>[] => {
  const shares = new Map<OwnId, number>();
  items.forEach((item, j) => {
    shares.set(item, (shares.get(item) ?? 0) + rollout[j] * Math.max(similarity[j], 0));
  });
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  return [...shares]
    .filter(([, share]) => share > 0)
    .map(([item, share]) => ({ item, share: share / total }))
    .sort((a, b) => b.share - a.share);
};
