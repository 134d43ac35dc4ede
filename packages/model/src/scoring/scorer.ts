import { type HistoryTimes, historyBatch } from '@recsys/data/core';
import { type BestItems, bestItems, countAbove, type ExcludedItems } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import {
  encodeNewest,
  maxLengthOf,
  numItemsOf,
  type SequentialModel,
  scoreItems,
} from '../contract/sequential-model.js';

/** Anything that scores items for histories: a model or a baseline. Evaluation and `recommend` know nothing else. */
export interface Scorer {
  /** Items are 1 .. numItems. */
  readonly numItems: number;
  /**
   * Returns scores, higher is better, owned by the caller.
   *
   * @param histories inside item indices, oldest first, none empty; borrowed.
   * @param candidates items to score, `histories.length * count`, row by row; absent: all items.
   * @param times when the items of the histories were met, and when they are asked about; absent: not known, or not used.
   * @returns `[histories.length, count]`, or `[histories.length, numItems + 1]` where column 0, the pad, is ignored; row by row.
   */
  score(histories: readonly Int32Array[], candidates?: Int32Array, times?: HistoryTimes): Float32Array;
  /** Scores of all items that need not be written to be ranked. Optional: for a scorer that can. */
  readonly ranked?: RankedScores | undefined;
}

/** Ranks all items for histories without a table of their scores. Letters: H histories; histories and times as in `Scorer.score`. */
export interface RankedScores {
  /** Returns the best items of each history, `[H, k]`, as `bestItems` of `@recsys/layers`. */
  best(
    histories: readonly Int32Array[],
    options: { readonly k: number; readonly excluded: ExcludedItems },
    times?: HistoryTimes,
  ): BestItems;
  /** Returns how many items are above the target of each history, and how many beside it, `[H, 2]`, as `countAbove` of `@recsys/layers`. */
  above(
    histories: readonly Int32Array[],
    options: { readonly targets: Int32Array; readonly excluded: ExcludedItems },
    times?: HistoryTimes,
  ): Int32Array;
}

/**
 * Returns a scorer that runs a model, outside training, on the newest `maxLength` items of each history.
 * @example
 * modelScorer(model).score([Int32Array.of(3, 1, 4)]); // Float32Array of numItems + 1 scores
 */
export const modelScorer = (model: SequentialModel): Scorer => {
  const encode = (histories: readonly Int32Array[], times: HistoryTimes | undefined): tf.Tensor2D =>
    encodeNewest(model, historyBatch(histories, { maxLength: maxLengthOf(model), times }));
  return {
    numItems: numItemsOf(model),
    score: (histories, candidates, times) => {
      const scores = tf.tidy(() => {
        const hidden = encode(histories, times);
        if (candidates === undefined) return scoreItems(model, hidden);
        const count = candidates.length / histories.length;
        return scoreItems(model, hidden, tf.tensor2d(candidates, [histories.length, count], 'int32'));
      });
      const values = scores.dataSync<'float32'>();
      scores.dispose();
      return values;
    },
    ranked: model.scores === undefined ? rankedScores(model, encode) : undefined,
  };
};

/** For a model whose scores are dot products. */
const rankedScores = (
  model: SequentialModel,
  encode: (histories: readonly Int32Array[], times: HistoryTimes | undefined) => tf.Tensor2D,
): RankedScores => ({
  best: (histories, options, times) => inTidy(() => bestItems(encode(histories, times), model.itemVectors(), options)),
  above: (histories, { targets, excluded }, times) =>
    inTidy(() => countAbove(encode(histories, times), model.itemVectors(), targets, { excluded })),
});

/** Returns what `read` reads of tensors, which are disposed of. */
const inTidy = <T>(read: () => T): T => {
  let result: T;
  tf.tidy(() => {
    result = read();
  });
  return result!;
};

/**
 * Returns how many histories to score at a time, so that a block's scores stay below 16 MB.
 * @param width number of scores per history.
 * @param largest an upper bound, >= 1.
 * @example
 * blockSize(1_000_001); // 4
 */
export const blockSize = (width: number, largest = 256): number =>
  Math.max(1, Math.min(largest, Math.floor(2 ** 22 / width)));

/**
 * Returns a scorer for a model, or the scorer itself.
 * @example
 * asScorer(model).numItems; // 3416
 */
export const asScorer = (subject: SequentialModel | Scorer): Scorer =>
  'encode' in subject ? modelScorer(subject) : subject;

/**
 * Returns a scorer from a function that scores every item for one history. For baselines.
 *
 * @param scoreAll returns `[numItems + 1]` scores, which are read before the next call.
 * @example
 * scorerOfAllItems(numItems, () => counts); // the same scores for each history
 */
export const scorerOfAllItems = (numItems: number, scoreAll: (history: Int32Array) => ArrayLike<number>): Scorer => ({
  numItems,
  score: (histories, candidates) => {
    const width = candidates === undefined ? numItems + 1 : candidates.length / histories.length;
    const scores = new Float32Array(histories.length * width);
    histories.forEach((history, row) => {
      const all = scoreAll(history);
      for (let c = 0; c < width; c++) scores[row * width + c] = all[candidates?.[row * width + c] ?? c];
    });
    return scores;
  },
});
