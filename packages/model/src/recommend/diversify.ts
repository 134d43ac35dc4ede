import { gatherRows } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { SequentialModel } from '../contract/sequential-model.js';
import { unitRows } from './unit-rows.js';

/** Inside indices of items with their scores, best first. */
export interface Ranked {
  readonly indices: Int32Array;
  readonly scores: Float32Array;
}

/**
 * Returns k of the ranked items by maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998, equation 1): one after another the item with the
 * largest `(1 - diversity) · relevance - diversity · similarity`. Relevance is the score, scaled to 0 .. 1 over the ranked items; similarity is the
 * largest cosine with an item that is already chosen.
 *
 * @param diversity 0 (the order of the scores) .. 1.
 */
export const diversify = (
  model: SequentialModel,
  { indices, scores }: Ranked,
  { k, diversity }: { k: number; diversity: number },
): Ranked => {
  const cosines = cosinesOf(model, indices);
  const size = indices.length;
  const [best, worst] = [scores[0], scores[size - 1]];
  const relevance = Float64Array.from(scores, (score) => (best === worst ? 1 : (score - worst) / (best - worst)));
  const nearest = new Float64Array(size).fill(-1);
  const chosen: number[] = [];
  const left = new Set(indices.keys());
  while (chosen.length < k && left.size > 0) {
    let top = -1;
    let topValue = Number.NEGATIVE_INFINITY;
    for (const i of left) {
      const similarity = chosen.length === 0 ? 0 : nearest[i];
      const value = (1 - diversity) * relevance[i] - diversity * similarity;
      if (value > topValue) [top, topValue] = [i, value];
    }
    chosen.push(top);
    left.delete(top);
    for (const i of left) nearest[i] = Math.max(nearest[i], cosines[top * size + i]);
  }
  return picked({ indices, scores }, chosen);
};

/** Returns the first k of the ranked items of which at most `max` have the same value of an attribute. */
export const limitPerValue = (
  { indices, scores }: Ranked,
  { k, max, attributeOf }: { k: number; max: number; attributeOf: (index: number) => unknown },
): Ranked => {
  const counts = new Map<unknown, number>();
  const chosen: number[] = [];
  for (let i = 0; i < indices.length && chosen.length < k; i++) {
    const value = attributeOf(indices[i]);
    const count = counts.get(value) ?? 0;
    if (count >= max) continue;
    counts.set(value, count + 1);
    chosen.push(i);
  }
  return picked({ indices, scores }, chosen);
};

const picked = ({ indices, scores }: Ranked, places: readonly number[]): Ranked => ({
  indices: Int32Array.from(places, (i) => indices[i]),
  scores: Float32Array.from(places, (i) => scores[i]),
});

/** Returns the cosine similarities of the vectors of items, `[items, items]`, row by row. */
const cosinesOf = (model: SequentialModel, items: Int32Array): Float32Array => {
  const similarities = tf.tidy(() => {
    const vectors = gatherRows(model.itemVectors(), tf.tensor1d(items, 'int32')); // [items, units]
    const unit = unitRows(vectors);
    return tf.matMul(unit, unit, false, true); // [items, items]
  });
  const values = similarities.dataSync<'float32'>().slice();
  similarities.dispose();
  return values;
};
