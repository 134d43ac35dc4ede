import type { ScoreSample } from '../input/index.js';

/** Recommended items with about the same probability. */
export interface ScoreBin {
  readonly count: number;
  /** Mean probability, 0 to 1. */
  readonly expected: number;
  /** Share of them that were chosen, with its 95 % interval. */
  readonly observed: number;
  readonly low: number;
  readonly high: number;
}

/** Returns the 95 % interval of a share by Wilson's method, which holds for shares near 0 too. */
export const wilsonInterval = (hits: number, count: number): { low: number; high: number } => {
  const z = 1.959964;
  const share = hits / count;
  const centre = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count))) / (1 + (z * z) / count);
  return { low: hits === 0 ? 0 : centre - half, high: hits === count ? 1 : centre + half };
};

/** Returns bins of equal count, by probability; fewer where there are few items. */
export const scoreBins = ({ probabilities, hits }: ScoreSample, most = 10): ScoreBin[] => {
  const order = Uint32Array.from({ length: probabilities.length }, (_, i) => i).sort(
    (a, b) => probabilities[a] - probabilities[b],
  );
  const numBins = Math.max(1, Math.min(most, Math.floor(order.length / 20)));
  return Array.from({ length: numBins }, (_, bin) => {
    const own = order.subarray(
      Math.round((bin * order.length) / numBins),
      Math.round(((bin + 1) * order.length) / numBins),
    );
    const count = own.length;
    const sumOver = (values: ArrayLike<number>) => own.reduce((sum, i) => sum + values[i], 0);
    const chosen = sumOver(hits);
    return {
      count,
      expected: sumOver(probabilities) / count,
      observed: chosen / count,
      ...wilsonInterval(chosen, count),
    };
  }).filter(({ count }) => count > 0);
};
