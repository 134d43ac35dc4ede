import { assertK, assertKnownOptions, MetricsError } from './errors.js';

/** Candidates, best first. */
export interface TopK {
  readonly indices: Int32Array;
  readonly scores: Float32Array;
}

/**
 * Returns the k best candidates, best first; of equal scores the lower index comes first. O(n log k): keeps a heap of
 * k.
 *
 * @param scores of the candidates; those at `-Infinity` are never returned, so the result may have fewer than k.
 * @param k how many candidates to return, >= 1.
 * @param options.exclude indices to exclude. Default none.
 * @throws {MetricsError} if k is invalid, a score is NaN or an option is unknown.
 * @example
 * topK([1, 5, 3, 5], 2).indices; // [1, 3]
 */
export const topK = (
  scores: ArrayLike<number>,
  k: number,
  options: { exclude?: Iterable<number> | undefined } = {},
): TopK => {
  assertKnownOptions('topK', options, ['exclude']);
  const { exclude = [] } = options;
  assertK('topK', k);
  const excluded = new Set(exclude);
  const heap = new Int32Array(Math.min(k, scores.length)); // the worst candidate of those kept is on top
  let size = 0;
  const isWorse = (a: number, b: number) => scores[a] < scores[b] || (scores[a] === scores[b] && a > b);
  let bar = Number.NEGATIVE_INFINITY; // the score to beat; a later candidate with an equal score is worse
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index];
    if (!(score > bar)) {
      if (Number.isNaN(score)) throw new MetricsError('bad-value', `topK: score ${index} of ${scores.length} is NaN`);
      continue;
    }
    if (excluded.size > 0 && excluded.has(index)) continue;
    if (size < heap.length) {
      heap[size] = index;
      siftUp(heap, size++, isWorse);
    } else {
      heap[0] = index;
      siftDown(heap, size, isWorse);
    }
    if (size === heap.length) bar = scores[heap[0]];
  }
  const indices = heap.subarray(0, size).sort((a, b) => (isWorse(a, b) ? 1 : -1));
  return { indices, scores: Float32Array.from(indices, (index) => scores[index]) };
};

type IsWorse = (a: number, b: number) => boolean;

const siftUp = (heap: Int32Array, from: number, isWorse: IsWorse): void => {
  let child = from;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isWorse(heap[child], heap[parent])) return;
    [heap[child], heap[parent]] = [heap[parent], heap[child]];
    child = parent;
  }
};

const siftDown = (heap: Int32Array, size: number, isWorse: IsWorse): void => {
  let parent = 0;
  for (;;) {
    let worst = 2 * parent + 1;
    if (worst >= size) return;
    if (worst + 1 < size && isWorse(heap[worst + 1], heap[worst])) worst += 1;
    if (!isWorse(heap[worst], heap[parent])) return;
    [heap[parent], heap[worst]] = [heap[worst], heap[parent]];
    parent = worst;
  }
};
