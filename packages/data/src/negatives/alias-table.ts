import type { DrawItem } from './outside-sequences.js';

/** Returns a function that draws items 1..n in proportion to their weights, each in O(1) (Walker 1977; Vose 1991). */
export const aliasDraw = (weights: Float64Array): DrawItem => {
  const size = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (weight * size) / total);
  const heaviest = weights.indexOf(weights.reduce((most, weight) => Math.max(most, weight), 0));
  const aliases = new Int32Array(size).fill(heaviest);
  const [small, large]: [number[], number[]] = [[], []];
  shares.forEach((share, i) => {
    (share < 1 ? small : large).push(i);
  });
  while (small.length > 0 && large.length > 0) {
    const [low, high] = [small.pop()!, large.at(-1)!];
    aliases[low] = high;
    shares[high] -= 1 - shares[low];
    if (shares[high] < 1) small.push(large.pop()!);
  }
  for (const i of [...small, ...large]) if (weights[i] > 0) shares[i] = 1; // left over by rounding
  return (rng) => {
    const i = rng.below(size);
    return 1 + (rng.float() < shares[i] ? i : aliases[i]);
  };
};
