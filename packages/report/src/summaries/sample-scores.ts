import type { ScoreSample } from '../input/index.js';

/** The scores of all items for a history, and the item that came next. */
export interface ScoredHistory {
  /** float32 `[numItems + 1]`; index 0, the pad, is ignored. Borrowed. */
  readonly scores: ArrayLike<number>;
  /** 1..numItems. */
  readonly target: number;
  /** Items that are not recommended, such as those of the history. Default none. */
  readonly excluded?: ArrayLike<number> | undefined;
}

export interface SampleScoresOptions {
  /** How many items of each list are kept, best first. Default 20, or all items of a smaller catalog. */
  k?: number | undefined;
}

/**
 * Returns the probabilities that scores mean, by softmax over the items that may be recommended, for the best k items of each history, and whether
 * each was the one that came next. The report compares the two.
 *
 * @param histories read one after another, so that they need not be in memory at once.
 * @example
 * const scores = asScorer(model).score([history]);
 * sampleScores([{ scores, target, excluded: history }]); // { probabilities, hits, numLists: 1, k: 20 }
 */
export const sampleScores = (histories: Iterable<ScoredHistory>, { k = 20 }: SampleScoresOptions = {}): ScoreSample => {
  const probabilities: number[] = [];
  const hits: number[] = [];
  let numLists = 0;
  for (const { scores, target, excluded = [] } of histories) {
    const own = Float64Array.from(scores);
    own[0] = Number.NEGATIVE_INFINITY;
    for (const item of Array.from(excluded)) if (item !== target) own[item] = Number.NEGATIVE_INFINITY;
    const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const total = own.reduce((sum, score) => sum + Math.exp(score - most), 0);
    for (const item of bestOf(own, k)) {
      probabilities.push(Math.exp(own[item] - most) / total);
      hits.push(item === target ? 1 : 0);
    }
    numLists += 1;
  }
  return { probabilities: Float64Array.from(probabilities), hits: Uint8Array.from(hits), numLists, k };
};

/** Returns the places of the k largest scores that are finite, best first. */
const bestOf = (scores: Float64Array, k: number): number[] => {
  const best: number[] = [];
  for (let item = 0; item < scores.length; item++) {
    if (!(scores[item] > Number.NEGATIVE_INFINITY)) continue;
    if (best.length === k && scores[item] <= scores[best[k - 1]]) continue;
    let place = best.length;
    while (place > 0 && scores[item] > scores[best[place - 1]]) place -= 1;
    best.splice(place, 0, item);
    if (best.length > k) best.pop();
  }
  return best;
};
